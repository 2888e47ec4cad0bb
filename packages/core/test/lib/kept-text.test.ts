import t from 'tap'
import { keptText } from '../../src/lib/kept-text.ts'

const CASES = [
  ['GET /orders', 'GET /orders', 'as it is'],
  ['', '', 'nothing'],
  ['a\0b\0', 'a\uFFFDb\uFFFD', 'NUL is replaced'],
  ['x'.repeat(512), 'x'.repeat(512), 'as long as may be'],
  ['x'.repeat(513), 'x'.repeat(512), 'too long'],
  [`${'x'.repeat(511)}\0\0`, `${'x'.repeat(511)}\uFFFD`, 'too long, and with NUL at the end'],
] as const

for (const [text, kept, name] of CASES) t.test(name, async t => t.equal(keptText(text), kept))
