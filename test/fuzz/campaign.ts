import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '../bench/child.ts'
import { Connection } from './connection.ts'
import { type Wire, writeDown } from './draft.ts'
import { gatherMaterial } from './gather-material.ts'
import { HOST_PARSES } from './host-routes.ts'
import type { Introduction } from './introduction.ts'
import type { Material } from './material.ts'
import { damage, mutate } from './mutations.ts'
import { randomFor } from './random.ts'
import type { Finding, Report, Tally } from './report.ts'
import { sceneOf } from './scene.ts'
import type { Health } from './server.ts'
import { PLACES, type Place } from './skeletons.ts'
import { isOfKit, problemOf } from './verdict.ts'

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
  /** Then it stops, wherever it is. Default: never. */
  readonly forSeconds?: number
  readonly onProgress?: (sent: number) => void
}

/** As many requests are in flight at once; some of them wait only for the end of our patience. */
const CONNECTIONS = 24
/** The material is renewed, and the heap is weighed, this often. */
const LAP = 5000
/** The share of requests that are damaged where they frame themselves. */
const DAMAGED = 0.02
/** With as many different findings there is no use in going on. */
const ENOUGH_FINDINGS = 10
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
    nodeFlags: ['--expose-gc', '--max-semi-space-size=32', '--disable-warning=DEP0170'],
    env: { NODE_ENV: 'production', ...(target.databaseUrl && { DATABASE_URL: target.databaseUrl }) },
    onStderr: text => {
      complaints += text
    },
  })
  const tallies = new Map<string, Tally>(
    PLACES.map(({ name }) => [name, { sent: 0, byKit: 0, accepted: 0, putOff: 0 }]),
  )
  const campaign: Campaign = {
    ...options,
    ...{ server, findings, tallies, known: new Set<string>() },
    ...{ byOthers: 0, unanswered: 0, heap: [], standstillMs: 0, seconds: 0, isOver: false },
  }
  try {
    await fire(campaign)
  } catch (error) {
    // What is on its way when the server stops is not looked at.
    campaign.isOver = true
    findings.push({ what: `The run broke off: ${(error as Error).stack}` })
    // It may know why; or it is gone, which was just said.
    await lookAfterLap(campaign).catch(() => {})
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
  /** What was found already. */
  readonly known: Set<string>
  readonly heap: number[]
  byOthers: number
  unanswered: number
  standstillMs: number
  seconds: number
  isOver: boolean
}

async function fire(campaign: Campaign): Promise<void> {
  const { server, first: start = 0, requests, limitSeconds, onProgress } = campaign
  const { forSeconds = Number.POSITIVE_INFINITY } = campaign
  const began = Date.now()
  const introduction = await server.ask<Introduction>('introduction')
  const port = Number(new URL(introduction.url).port)
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port))
  for (let first = start; first < start + requests && !isEnough(campaign); first += LAP) {
    if (campaign.seconds > forSeconds) break
    if (campaign.seconds > limitSeconds)
      throw new Error(`${first - start} requests took ${Math.round(campaign.seconds)} seconds`)
    const end = Math.min(first + LAP, start + requests)
    const scene = sceneOf(introduction, await server.ask<number>('now'))
    const material = await gatherMaterial(scene, await server.ask<string[]>('sessions'))
    let next = first
    await Promise.all(
      connections.map(async connection => {
        while (next < end && !isEnough(campaign)) await send(campaign, next++, material, connection)
      }),
    )
    for (const connection of connections) connection.close()
    await lookAfterLap(campaign)
    campaign.seconds = (Date.now() - began) / 1000
    onProgress?.(end - start)
  }
}

function isEnough({ findings, isOver }: Campaign): boolean {
  return isOver || findings.length >= ENOUGH_FINDINGS
}

async function send(
  campaign: Campaign,
  request: number,
  material: Material,
  connection: Connection,
): Promise<void> {
  const place = PLACES[request % PLACES.length] as Place
  const { wire, isIntact } = requestFor(campaign.seed, request, place, material)
  const outcome = await connection.exchange(wire)
  if (campaign.isOver) return
  const tally = campaign.tallies.get(place.name) as Tally
  tally.sent++
  if (outcome.kind !== 'answer') campaign.unanswered++
  else if (!isOfKit(outcome)) {
    campaign.byOthers++
    // Koa's parser leaves a body that it refuses unread, and Node waits for its end before it reads the next request.
    connection.close()
  } else {
    tally.byKit++
    if (outcome.status < 400) tally.accepted++
    if (outcome.status === 503) tally.putOff++
  }
  const what = problemOf(place, wire, isIntact, outcome)
  if (what) add(campaign, `${place.name} ${what}`, { what, request, raw: wire.bytes, outcome })
}

/** The same again tells nothing new. */
function add({ findings, known }: Campaign, name: string, finding: Finding): void {
  if (known.has(name)) return
  known.add(name)
  findings.push(finding)
}

/**
 * The same number of the same seed is the same request, but for what the server made up: ids, secrets, tokens.
 * `isIntact`: method or content may be anything, but it is for the kit to say so.
 */
function requestFor(
  seed: number,
  request: number,
  place: Place,
  material: Material,
): { readonly wire: Wire; readonly isIntact: boolean } {
  const random = randomFor(seed, request)
  const draft = place.draft(material, random)
  const { method } = draft
  mutate(draft, random)
  const wire = writeDown(draft, random)
  if (random.chance(DAMAGED)) return { wire: damage(wire, random), isIntact: false }
  const sameMethod = draft.method === method || !place.isHosts
  const isIntact =
    sameMethod && draft.path === place.path && !draft.headers.some(([name]) => name === HOST_PARSES)
  return { wire, isIntact: isIntact && wire.complete }
}

/** Looks at the server between two laps, when it should have nothing left to do. */
async function lookAfterLap(campaign: Campaign): Promise<void> {
  const { server, heap } = campaign
  const deadline = Date.now() + IDLE_MS
  let health = await server.ask<Health>('health')
  campaign.standstillMs = Math.max(campaign.standstillMs, health.standstillMs)
  const errors = [...health.errors]
  while (health.pending > 0 && Date.now() < deadline) {
    await sleep(50)
    health = await server.ask<Health>('health')
    errors.push(...health.errors)
  }
  if (health.pending > 0) add(campaign, 'pending', { what: `${health.pending} requests were never finished` })
  for (const error of errors) {
    const name = error.split('\n', 3).join('\n')
    add(campaign, name, { what: `The kit logged an error: ${error}` })
  }
  await server.ask('turnOver')
  heap.push(health.heapBytes)
}
