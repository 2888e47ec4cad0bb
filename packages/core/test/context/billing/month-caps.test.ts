import t from 'tap'
import { capsOf, type MonthCaps } from '../../../src/context/billing/month-caps.ts'

t.test('a month is held to the smaller of what the plan and the owner allow', async t => {
  const table: [
    hardCap: boolean,
    requestCap: number | undefined,
    spendCap: number | undefined,
    caps: Pick<MonthCaps, 'requests' | 'spendNanoEuro'> | undefined,
  ][] = [
    [false, undefined, undefined, undefined],
    [false, 50, undefined, { requests: 50, spendNanoEuro: undefined }],
    [false, 0, undefined, { requests: 0, spendNanoEuro: undefined }],
    [false, undefined, 7, { requests: undefined, spendNanoEuro: 7 }],
    [true, undefined, undefined, { requests: 100, spendNanoEuro: undefined }],
    [true, 50, 7, { requests: 50, spendNanoEuro: 7 }],
    [true, 500, undefined, { requests: 100, spendNanoEuro: undefined }],
  ]
  for (const [hardCap, monthlyRequestCap, monthlySpendCapNanoEuro, caps] of table)
    t.strictSame(
      capsOf({ includedRequests: 100, hardCap }, { monthlyRequestCap, monthlySpendCapNanoEuro }),
      caps && { includedRequests: 100, ...caps },
      JSON.stringify([hardCap, monthlyRequestCap, monthlySpendCapNanoEuro]),
    )
})
