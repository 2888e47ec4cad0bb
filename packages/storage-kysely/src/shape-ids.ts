import { int8Array, textArray } from './binary-array.ts'
import type { Database } from './database.ts'
import type { Shape } from './usage-shapes.ts'

/** How many ids are remembered; beyond that all are forgotten, and asked for again. */
const IDS_KEPT = 100_000

interface Named extends Pick<Shape, 'domainId' | 'mode' | 'priceNanoEuro' | 'id'> {
  readonly workspaceId: string
}

/** What the database calls the shapes of usage. A process asks once for each, and the database makes those that are new. */
export class ShapeIds {
  readonly #ask: (values: readonly unknown[]) => Promise<{ ids: string[] }[]>
  #known = new Map<string, Map<string, Named[]>>()
  #count = 0

  constructor({ schema, prepared }: Database) {
    this.#ask = prepared('usage.shapes', `select ${schema}.shapes_of($1, $2, $3, $4, $5, $6) as ids`)
  }

  /** Gives each shape its id. */
  async name(shapes: readonly Shape[]): Promise<void> {
    const unknown = shapes.filter(shape => !this.#recall(shape))
    if (unknown.length === 0) return
    const [row] = (await this.#ask([
      textArray(unknown.map(({ month }) => month.workspaceId)),
      textArray(unknown.map(({ clientId }) => clientId)),
      textArray(unknown.map(({ domainId }) => domainId)),
      textArray(unknown.map(({ route }) => route)),
      textArray(unknown.map(({ mode }) => mode)),
      int8Array(unknown.map(({ priceNanoEuro }) => priceNanoEuro)),
    ])) as [{ ids: string[] }]
    for (const [index, shape] of unknown.entries()) {
      shape.id = Number(row.ids[index])
      this.#remember(shape)
    }
  }

  /** The database does not have them any more. */
  forget(): void {
    this.#known = new Map()
    this.#count = 0
  }

  #recall(shape: Shape): boolean {
    const known = this.#known.get(shape.clientId)?.get(shape.route)
    if (known === undefined) return false
    for (const { workspaceId, domainId, mode, priceNanoEuro, id } of known) {
      if (
        domainId !== shape.domainId ||
        mode !== shape.mode ||
        priceNanoEuro !== shape.priceNanoEuro ||
        workspaceId !== shape.month.workspaceId
      )
        continue
      shape.id = id
      return true
    }
    return false
  }

  #remember(shape: Shape): void {
    if (this.#recall(shape)) return
    if (this.#count === IDS_KEPT) this.forget()
    const { clientId, route, domainId, mode, priceNanoEuro, id, month } = shape
    const byRoute = this.#known.get(clientId) ?? new Map<string, Named[]>()
    const known = byRoute.get(route) ?? []
    known.push({ workspaceId: month.workspaceId, domainId, mode, priceNanoEuro, id })
    this.#known.set(clientId, byRoute.set(route, known))
    this.#count++
  }
}
