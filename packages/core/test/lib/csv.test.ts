import t from 'tap'
import { csv } from '../../src/lib/csv.ts'

t.test('cells are quoted where they have to be (RFC 4180)', async t => {
  const table: [cell: string, written: string][] = [
    ['', ''],
    ['plain text', 'plain text'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    [' blank', '" blank"'],
    ['größe €', 'größe €'],
  ]
  for (const [cell, written] of table) t.equal(csv(['a'], [[cell]]), `a\r\n${written}\r\n`)
  t.equal(csv(['a', 'b', 'c'], [[1, 2n ** 60n, undefined]]), `a,b,c\r\n1,${2n ** 60n},\r\n`)
})

t.test('text that a spreadsheet would take for a formula is marked as text', async t => {
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n\n-1', '＝1', '＠a'])
    t.match(csv(['a'], [[cell]]).slice(3), /^"?'/, JSON.stringify(cell))
  t.equal(csv(['a'], [[-1, -2n]]), 'a\r\n-1,-2\r\n', 'numbers stay numbers')
})
