import t from 'tap'
import { formatEuro } from '../../src/lib/money.ts'

t.test('an amount is written exactly', async t => {
  const table: [nanoEuro: bigint, text: string][] = [
    [0n, 'EUR 0.00'],
    [1n, 'EUR 0.000000001'],
    [10_000n, 'EUR 0.00001'],
    [500_000_000n, 'EUR 0.50'],
    [29_000_000_000n, 'EUR 29.00'],
    [1_234_567_890n, 'EUR 1.23456789'],
    [9_007_199_254_740_993_000_000_001n, 'EUR 9007199254740993.000000001'],
    [-1_500_000_000n, 'EUR -1.50'],
    [-1n, 'EUR -0.000000001'],
  ]
  for (const [nanoEuro, text] of table) t.equal(formatEuro(nanoEuro), text, text)
})
