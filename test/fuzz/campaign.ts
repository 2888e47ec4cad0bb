import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '../bench/child.ts'
import { Connection, type Outcome } from './connection.ts'
import { type Wire, writeDown } from './draft.ts'
import type { Introduction } from './introduction.ts'
import { gatherMaterial, type Material } from './material.ts'
import { damage, mutate } from './mutations.ts'
import { randomFor } from './random.ts'
import type { Health } from './server.ts'
import { PLACES, type Place } from './skeletons.ts'

/** What is put under fire. */
export interface Target {
  readonly framework: 'express' | 'koa'
  readonly storage: 'memory' | 'postgres'
  /** For PostgreSQL. */
  readonly databaseUrl?: string
}

export interface CampaignOptions {
  readonly target: Target
  readonly seed: number
  /** The number of the first request. Default 0. */
  readonly first?: number
  readonly requests: number
  /** How long all of them may take. */
  readonly limitSeconds: number
  readonly onProgress?: (sent: number) => void
}

/** What became of the requests to one place. */
export interface Tally {
  sent: number
  /** Answered by the kit: it puts its request id on every answer. */
  byKit: number
  /** Of those, answered with 2xx or 3xx: the request was still, or again, a good one. */
  accepted: number
}

/** Something that must not be. */
export interface Finding {
  readonly what: string
  /** The number of the request, by which it can be sent again. */
  readonly request?: number
  readonly raw?: Buffer
  readonly outcome?: Outcome
}

export interface Report {
  readonly tallies: ReadonlyMap<string, Tally>
  /** Answered by Node or the framework: not ours, or no HTTP. */
  readonly byOthers: number
  /** Closed by the server without an answer, or by us because the request had no end. */
  readonly unanswered: number
  /** Bytes in use after a garbage collection, along the way. */
  readonly heap: readonly number[]
  readonly findings: readonly Finding[]
}

const CONNECTIONS = 16
/** The material is renewed, and the heap is weighed, this often. */
const LAP = 5000
/** The share of requests that are damaged where they frame themselves. */
const DAMAGED = 0.02
/** With more findings than this there is no use in going on. */
const ENOUGH_FINDINGS = 5
/** How long the server may take to finish everything once nobody asks any more. */
const IDLE_MS = 10_000

/** Fires malformed requests at every place in turn, and looks at every answer. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { target } = options
  const findings: Finding[] = []
  let complaints = ''
  const server = await startChild(new URL('server.ts', import.meta.url), {
    args: [target.framework, target.storage],
    // Express reads absolute targets with a parser of Node's that warns of ports like `http://a:b/`.
    nodeFlags: ['--expose-gc', '--disable-warning=DEP0170'],
    env: { NODE_ENV: 'production', ...(target.databaseUrl && { DATABASE_URL: target.databaseUrl }) },
    onStderr: text => {
      complaints += text
    },
  })
  const tallies = new Map<string, Tally>(PLACES.map(({ name }) => [name, { sent: 0, byKit: 0, accepted: 0 }]))
  const campaign: Campaign = { ...options, server, findings, tallies, byOthers: 0, unanswered: 0, heap: [] }
  try {
    await fire(campaign)
  } catch (error) {
    findings.push({ what: `The run broke off: ${(error as Error).message}` })
  } finally {
    await server.stop()
  }
  if (complaints) findings.push({ what: `The server wrote on standard error:\n${complaints.slice(0, 5000)}` })
  return campaign
}

/** A report while it is being written. */
interface Campaign extends Report, CampaignOptions {
  readonly server: Child
  readonly findings: Finding[]
  readonly heap: number[]
  byOthers: number
  unanswered: number
}

async function fire(campaign: Campaign): Promise<void> {
  const { server, first: start = 0, requests, limitSeconds, heap, onProgress } = campaign
  const deadline = Date.now() + limitSeconds * 1000
  const introduction = await server.ask<Introduction>('introduction')
  const port = Number(new URL(introduction.url).port)
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port))
  for (let first = start; first < start + requests && !isEnough(campaign); first += LAP) {
    if (Date.now() > deadline) throw new Error(`${first - start} requests took ${limitSeconds} seconds`)
    const end = Math.min(first + LAP, start + requests)
    const material = await gatherMaterial(introduction)
    let next = first
    await Promise.all(
      connections.map(async connection => {
        while (next < end && !isEnough(campaign)) await send(campaign, next++, material, connection)
      }),
    )
    for (const connection of connections) connection.close()
    heap.push(await heapAfterLap(campaign))
    onProgress?.(end - start)
  }
}

function isEnough({ findings }: Campaign): boolean {
  return findings.length >= ENOUGH_FINDINGS
}

async function send(
  campaign: Campaign,
  request: number,
  material: Material,
  connection: Connection,
): Promise<void> {
  const place = PLACES[request % PLACES.length] as Place
  const wire = requestFor(campaign.seed, request, place, material)
  const outcome = await connection.exchange(wire)
  const tally = campaign.tallies.get(place.name) as Tally
  tally.sent++
  if (outcome.kind !== 'answer') campaign.unanswered++
  else if (!REQUEST_ID.test(outcome.head)) campaign.byOthers++
  else {
    tally.byKit++
    if (outcome.status < 400) tally.accepted++
  }
  const what = problemOf(wire, outcome)
  if (what) campaign.findings.push({ what, request, raw: wire.bytes, outcome })
}

/** The kit puts its request id on every answer; Node and the frameworks know no such thing. */
const REQUEST_ID = /\r\nx-request-id: /i

/** The same number of the same seed is the same request, but for what the server made up: ids, secrets, tokens. */
function requestFor(seed: number, request: number, place: Place, material: Material): Wire {
  const random = randomFor(seed, request)
  const draft = place.draft(material, random)
  mutate(draft, random)
  const wire = writeDown(draft, random)
  return random.chance(DAMAGED) ? damage(wire, random) : wire
}

/** What is wrong with what came back for a request, if anything is. */
function problemOf({ bytes, complete }: Wire, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'silence':
      return complete ? 'No answer in time' : undefined
    case 'closed':
      // Node closes on CONNECT, for which nobody listens.
      return complete && !bytes.subarray(0, 8).equals(CONNECT)
        ? 'The connection was closed without an answer'
        : undefined
    case 'answer':
      if (outcome.status >= 500) return `The status was ${outcome.status}`
      if (/\r\nx-injected:/i.test(outcome.head)) return 'A line of the request became a field of the answer'
      if (/node_modules|at .+\.ts:\d+/.test(outcome.body)) return 'The answer tells of the program'
      if (complete && outcome.surplus > 0) return 'There was more than one answer'
      return undefined
  }
}

const CONNECT = Buffer.from('CONNECT ')

/** Looks at the server between two laps, when it should have nothing left to do. */
async function heapAfterLap({ server, findings }: Campaign): Promise<number> {
  const deadline = Date.now() + IDLE_MS
  let health = await server.ask<Health>('health')
  while (health.pending > 0 && Date.now() < deadline) {
    await sleep(50)
    health = await server.ask<Health>('health')
  }
  if (health.pending > 0) findings.push({ what: `${health.pending} requests were never finished` })
  for (const error of health.errors) findings.push({ what: `The kit logged an error: ${error}` })
  await server.ask('turnOver')
  return health.heapBytes
}
