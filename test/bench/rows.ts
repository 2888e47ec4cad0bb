/** What the benchmark compares: a framework as it is, and the same with the route guarded over some storage. */
export interface Row {
  readonly name: string
  readonly framework: 'express' | 'koa'
  /** Absent where nothing is guarded. */
  readonly storage?: 'memory' | 'postgres'
  /** The row that this one is measured against. */
  readonly versus?: string
}

/** In the order in which they take turns. */
export const ROWS: readonly Row[] = [
  { name: 'express', framework: 'express' },
  { name: 'express-memory', framework: 'express', storage: 'memory', versus: 'express' },
  { name: 'express-postgres', framework: 'express', storage: 'postgres', versus: 'express' },
  { name: 'koa', framework: 'koa' },
  { name: 'koa-memory', framework: 'koa', storage: 'memory', versus: 'koa' },
  { name: 'koa-postgres', framework: 'koa', storage: 'postgres', versus: 'koa' },
]

export const ROUTE = '/orders'

/** What the route answers in every row. */
export const ORDERS = {
  orders: [
    { id: 1, item: 'Pear', quantity: 12 },
    { id: 2, item: 'Quince', quantity: 3 },
  ],
}
