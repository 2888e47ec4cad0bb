/** What the benchmark compares: a framework as it is, and the same with the route guarded by the kit or by hand. */
export interface Row {
  readonly name: string
  readonly framework: 'express' | 'koa'
  /** Absent where nothing is guarded. */
  readonly guard?: 'kit' | 'by-hand'
  /** Where what is known of callers and requests is kept. */
  readonly storage?: 'memory' | 'postgres'
  /** The row that this one is measured against. */
  readonly versus?: string
  /** The row that does the same by hand. */
  readonly byHand?: string
}

const rowsOf = (framework: Row['framework']): readonly Row[] => [
  { name: framework, framework },
  { name: `${framework}-memory`, framework, guard: 'kit', storage: 'memory', versus: framework },
  {
    name: `${framework}-postgres`,
    framework,
    guard: 'kit',
    storage: 'postgres',
    versus: framework,
    byHand: `${framework}-by-hand`,
  },
  { name: `${framework}-by-hand`, framework, guard: 'by-hand', storage: 'postgres', versus: framework },
]

/** In the order in which they take turns. */
export const ROWS: readonly Row[] = [...rowsOf('express'), ...rowsOf('koa')]

export const ROUTE = '/orders'

/** What the route answers in every row. */
export const ORDERS = {
  orders: [
    { id: 1, item: 'Pear', quantity: 12 },
    { id: 2, item: 'Quince', quantity: 3 },
  ],
}
