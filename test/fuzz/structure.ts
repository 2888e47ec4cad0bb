import type { Json } from './draft.ts'
import { LITERALS, POSERS, TEXTS, VALUES } from './hostile.ts'
import type { Random } from './random.ts'

/** Changes, adds or removes one thing somewhere in a JSON value. One that is neither object nor array stays as it is. */
export function spoilJson(value: Json, random: Random): void {
  let at = value
  while (typeof at === 'object' && at !== null) {
    const next: Json | undefined = Array.isArray(at) ? spoilList(at, random) : spoilObject(at, random)
    if (next === undefined) return
    at = next
  }
}

type JsonObject = { [name: string]: Json }

/** @returns where to go on, when nothing was changed here */
function spoilObject(object: JsonObject, random: Random): Json | undefined {
  const names = Object.keys(object)
  if (names.length === 0 || random.chance(0.1)) {
    setMember(object, random.pick(TEXTS), hostileJson(random))
    return undefined
  }
  const name = random.pick(names)
  const member = object[name] ?? null
  if (typeof member === 'object' && member !== null && !random.chance(0.3)) return member
  if (random.chance(0.15)) delete object[name]
  else setMember(object, name, hostileJson(random))
  return undefined
}

function spoilList(list: Json[], random: Random): Json | undefined {
  const at = random.below(list.length)
  const item = list[at] ?? null
  if (typeof item === 'object' && item !== null && !random.chance(0.3)) return item
  const change = random.below(4)
  if (change === 0) list.splice(at, 1)
  else if (change === 1) list.push(structuredClone(item))
  else if (change === 2) list[at] = hostileJson(random)
  else list.push(...Array.from({ length: random.pick([1, 10, 200]) }, () => structuredClone(item)))
  return undefined
}

/** Like an assignment, also where the name is `__proto__`. */
function setMember(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/** A copy, because the next change may go into it. */
function hostileJson(random: Random): Json {
  return random.chance(0.5)
    ? structuredClone(random.pick(random.chance(0.3) ? POSERS : VALUES))
    : random.pick(TEXTS)
}

/** Puts something in the place of a value, or beside it, below what JavaScript could write. */
export function spoilText(json: string, random: Random): string {
  const values = [...json.matchAll(/(?<=:)(?:"[^"\\]*"|[-\d.eE+]+|true|false|null)/g)]
  if (values.length === 0) return json
  const { 0: token, index } = random.pick(values)
  const before = json.slice(0, index)
  const after = json.slice(index + token.length)
  const name = /"[^"\\]*"(?=:$)/.exec(before)?.[0] ?? '"a"'
  const replacements = [
    () => random.pick(LITERALS),
    // The same member twice; what comes last counts, or so everybody thinks
    () => `${token},${name}:${random.pick(LITERALS)}`,
    () => `${random.pick(LITERALS)},${name}:${token}`,
    () => nested(random.pick(DEPTHS)),
    () => `{"length":${nested(random.pick(DEPTHS))}}`,
    () => `"${'a'.repeat(random.pick([1000, 5000, 12_000]))}"`,
    () => `"${'\\u0000'.repeat(random.pick([1, 100]))}"`,
  ]
  return before + random.pick(replacements)() + after
}

/** About what the kit takes, and up to what its limit for a body leaves room for. */
const DEPTHS = [30, 33, 500, 2000, 5000, 10_000, 30_000]

function nested(depth: number): string {
  return depth % 2 === 0
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
}

/** JSON as text, made worse in a share of the cases. */
export function jsonText(value: Json, random: Random, share: number): string {
  if (!random.spoils(share)) return JSON.stringify(value)
  if (random.chance(0.3)) return spoilText(JSON.stringify(value), random)
  const changed = structuredClone(value)
  do spoilJson(changed, random)
  while (random.chance(0.2))
  return JSON.stringify(changed)
}
