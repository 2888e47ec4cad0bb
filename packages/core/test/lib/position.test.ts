import fc from 'fast-check'
import t from 'tap'
import { readPosition, writePosition } from '../../src/lib/position.ts'

t.test('a position leads back to where it was written', async t => {
  for (const position of [
    { at: new Date('2026-01-31T12:00:00.001Z'), id: 'blk_1' },
    { at: new Date(0), id: '019b0a3e-7c3f-7d3a-9b7e-2f0f3c1d5e6f' },
    { at: new Date('9999-12-31'), id: 'x'.repeat(150) },
  ]) {
    const text = writePosition(position)
    t.match(text, /^[A-Za-z0-9_-]+$/)
    t.strictSame(readPosition(text), position)
  }
})

t.test('what nobody wrote leads nowhere', async t => {
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  for (const text of [
    '',
    'abc',
    'next',
    '%00'.repeat(4),
    'x'.repeat(301),
    encoded('12345678'),
    encoded('-1 blk_1'),
    encoded('1e9 blk_1'),
    encoded('9999999999999999 blk_1'),
    encoded('999999999999999 blk_1'),
    encoded('1 blk 1'),
    encoded('1 blk_1\0'),
    encoded("1 ' or 1=1 --"),
    encoded(`1 ${'x'.repeat(151)}`),
    `${encoded('1767225600000 blk_1')}=`,
  ])
    t.equal(readPosition(text), undefined, text)
})

t.test('whatever is sent, it is a place or nothing, and never a failure', async t => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(text => Buffer.from(text).toString('base64url')),
      ),
      text => {
        const position = readPosition(text)
        return position === undefined || !Number.isNaN(position.at.getTime())
      },
    ),
  )
  t.pass()
})
