import t from 'tap'
import { centsOf, formatCents, formatEuro } from '../../src/lib/money.ts'

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

t.test('nano-euro become cents, half up', async t => {
  const table: [nanoEuro: bigint, cents: bigint, text: string][] = [
    [0n, 0n, 'EUR 0.00'],
    [4_999_999n, 0n, 'EUR 0.00'],
    [5_000_000n, 1n, 'EUR 0.01'],
    [14_999_999n, 1n, 'EUR 0.01'],
    [15_000_000n, 2n, 'EUR 0.02'],
    [29_000_000_000n, 2900n, 'EUR 29.00'],
    [9_007_199_254_740_993_005_000_000n, 900_719_925_474_099_301n, 'EUR 9007199254740993.01'],
  ]
  for (const [nanoEuro, cents, text] of table) {
    t.equal(centsOf(nanoEuro), cents, String(nanoEuro))
    t.equal(formatCents(cents), text)
  }
})
