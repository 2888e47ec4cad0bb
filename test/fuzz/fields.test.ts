import { ENDPOINTS } from '@xwms/core'
import t from 'tap'
import { startChild } from '../bench/child.ts'
import { Connection } from './connection.ts'
import { type Draft, type Json, writeDown } from './draft.ts'
import { gatherMaterial } from './gather-material.ts'
import { HOST_PARSES } from './host-routes.ts'
import { POSERS } from './hostile.ts'
import type { Introduction } from './introduction.ts'
import type { Material } from './material.ts'
import { calm, type Random } from './random.ts'
import { someAddress } from './requests/registration.ts'
import { sceneOf } from './scene.ts'
import type { Health } from './server.ts'
import { PLACES, type Place } from './skeletons.ts'
import { problemOf } from './verdict.ts'

// Not by chance: every field of every JSON body, one after the other, has in its place what only pretends to be something.

t.setTimeout(300_000)

/** So many valid bodies of an endpoint show all of its fields. */
const DRAFTS = 60

/** Sent by the published clients, and read by nobody. */
const IGNORED: ReadonlySet<string> = new Set(['POST /api/sign-token-verify redirect_url'])

/** As JSON, since the deepest could not be written by JavaScript. */
const VALUES: readonly string[] = [
  ...POSERS.map(value => JSON.stringify(value)),
  ...['['.repeat(20_000) + ']'.repeat(20_000), `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`].flatMap(
    deep => [deep, `{"length":${deep}}`, `{"toString":${deep}}`, `[${deep}]`],
  ),
  '{"__proto__":{"length":1}}',
  '{"__proto__":[]}',
  '[{"__proto__":null}]',
]

const ADDRESS = 'x-forwarded-for'

type Path = readonly (string | number)[]

/** Every place in a value, its own not among them. */
function pathsIn(value: Json): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const members: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  return members.flatMap(([name, member]) => [[name], ...pathsIn(member).map(path => [name, ...path])])
}

const MARK = 'what goes here is written below what JavaScript could write'

/** The body with something else at one place. */
function bodyWith(value: Json, path: Path, json: string): Buffer {
  const changed = structuredClone(value)
  let at = changed as Record<string | number, Json>
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, Json>
  at[path.at(-1) as string] = MARK
  return Buffer.from(JSON.stringify(changed).replace(JSON.stringify(MARK), () => json))
}

/** What is good for one request only, or has the host read the body. */
const ONCE: ReadonlySet<string> = new Set(['dpop', HOST_PARSES])

interface Field {
  readonly draft: Draft
  readonly body: Json
  readonly path: Path
}

/** A request for each field that a place has, which is refused for nothing but what stands in that field. */
async function fieldsOf(
  place: Place,
  material: Material,
  connection: Connection,
): Promise<Map<string, Field>> {
  const random = calm()
  const fields = new Map<string, Field>()
  for (let count = 0; count < DRAFTS; count++) {
    const draft = place.draft(material, random)
    if (draft.body.kind !== 'json' || draft.headers.some(([name]) => ONCE.has(name))) continue
    const body = structuredClone(draft.body.value)
    const outcome = await connection.exchange(writeDown(fromAnywhere(draft, random), random))
    if (outcome.kind !== 'answer' || outcome.status === 401) continue
    if (outcome.status >= 400 && outcome.body.includes(SECTOR)) continue
    // A secret is good for as long as the client has it, which another request about that client may change.
    const paths = pathsIn(body).filter(([name]) => !hasSecret(body) || name === SECRET)
    for (const path of paths) fields.set(path.join('.'), { draft, body, path })
  }
  return fields
}

const SECRET = 'client_secret'
/** Refused in some drafts for what stands at its address, whatever stands in the field. */
const SECTOR = 'sector_identifier_uri'

function hasSecret(body: Json): boolean {
  return typeof body === 'object' && body !== null && SECRET in body
}

/** Each address may register so much and no more. */
function fromAnywhere(draft: Draft, random: Random): Draft {
  const headers = draft.headers.filter(([name]) => name !== ADDRESS)
  return { ...draft, headers: [...headers, [ADDRESS, someAddress(random)]] }
}

const JSON_ENDPOINTS = ENDPOINTS.filter(({ body }) => body === 'json').map(
  ({ method, path }) => `${method} ${path}`,
)

function takesJson({ name }: Place): boolean {
  return JSON_ENDPOINTS.includes(name)
}

t.test(
  'every field refuses, by its name, JSON that is deeper than the stack, or poses as text, a list or a promise',
  async t => {
    const server = await startChild(new URL('server.ts', import.meta.url), {
      args: ['express', 'memory'],
      nodeFlags: ['--expose-gc'],
      env: { NODE_ENV: 'production' },
    })
    t.teardown(() => server.stop())
    const introduction = await server.ask<Introduction>('introduction')
    const scene = sceneOf(introduction, await server.ask<number>('now'))
    const material = await gatherMaterial(scene, await server.ask<string[]>('sessions'))
    const connection = new Connection(Number(new URL(introduction.url).port))
    t.teardown(() => connection.close())

    const random = calm()
    for (const place of PLACES.filter(takesJson)) {
      const fields = await fieldsOf(place, material, connection)
      const problems: string[] = []
      let named = 0
      for (const [field, { draft, body, path }] of fields) {
        for (const json of VALUES) {
          const bytes = bodyWith(body, path, json)
          const changed: Draft = { ...draft, body: { kind: 'bytes', bytes } }
          const wire = writeDown(fromAnywhere(changed, random), random)
          const outcome = await connection.exchange(wire)
          const about = `${place.name} ${field} = ${json.slice(0, 60)}`
          const problem = problemOf(place, wire, false, outcome)
          if (problem !== undefined || outcome.kind !== 'answer') problems.push(`${about}: ${problem}`)
          else if (outcome.status >= 400 && !IGNORED.has(`${place.name} ${field}`)) {
            if (outcome.body.includes(String(path[0]))) named++
            else problems.push(`${about}: ${outcome.status} ${outcome.body.slice(0, 200)}`)
          }
        }
      }
      t.strictSame(problems, [], `${place.name}: ${[...fields.keys()].join(' ')}`)
      t.ok(fields.size === 0 || named > 0, `${place.name} names what it refuses`)
    }
    const { errors } = await server.ask<Health>('health')
    t.strictSame(errors, [])
  },
)
