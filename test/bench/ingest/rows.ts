/** What writes events; `versus` names the one that it is measured against. */
export interface Row {
  readonly name: string
  /** `bare`: nothing but rows. `ledger`: usage.append, counters, month totals and windows included. */
  readonly writes: 'bare' | 'ledger'
  /** Whether every request goes to the request log, too. */
  readonly logged: boolean
  /** How requests spread over clients and routes. `uniform`: evenly, so that nearly every event of a batch has a counter to itself. */
  readonly spread: 'zipf' | 'uniform'
  readonly versus?: string
}

export const ROWS: readonly Row[] = [
  { name: 'bare-insert', writes: 'bare', logged: false, spread: 'zipf' },
  { name: 'ledger', writes: 'ledger', logged: false, spread: 'zipf', versus: 'bare-insert' },
  { name: 'ledger-uniform', writes: 'ledger', logged: false, spread: 'uniform', versus: 'bare-insert' },
  { name: 'ledger-and-log', writes: 'ledger', logged: true, spread: 'zipf', versus: 'bare-insert' },
]
