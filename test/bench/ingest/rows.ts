/** What writes events; `versus` names the one that it is measured against. */
export interface Row {
  readonly name: string
  /** `bare`: nothing but rows. `ledger`: usage.append, counters, month totals and windows included. */
  readonly writes: 'bare' | 'ledger'
  /** Whether every request goes to the request log, too. */
  readonly logged: boolean
  readonly versus?: string
}

export const ROWS: readonly Row[] = [
  { name: 'bare-insert', writes: 'bare', logged: false },
  { name: 'ledger', writes: 'ledger', logged: false, versus: 'bare-insert' },
  { name: 'ledger-and-log', writes: 'ledger', logged: true, versus: 'bare-insert' },
]
