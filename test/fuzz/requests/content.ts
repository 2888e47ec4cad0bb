import type { Json, Pair } from '../draft.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'

/** What a valid request to an endpoint has beside its method and path. */
export interface Content {
  /** The endpoint's path with something in the places of its parameters; where it has any. */
  readonly path?: string
  readonly query?: Pair[]
  readonly headers?: Record<string, string>
  readonly form?: Pair[]
  readonly json?: { [name: string]: Json }
}

/** Makes the content of a request, as different from the last as valid ones may be, and now and then already spoiled. */
export type ContentMaker = (material: Material, random: Random) => Content

/** By method and path, such as `POST /oauth/token`. */
export type Contents = Readonly<Record<string, ContentMaker>>

/** A parameter, in a share of the requests. */
export function perhaps(random: Random, share: number, ...pair: Pair): Pair[] {
  return random.chance(share) ? [pair] : []
}
