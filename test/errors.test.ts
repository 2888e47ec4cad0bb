// docs/errors.md and the code name the same error codes.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RULES } from '@xwms/core'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8')
const source = globSync('packages/core/src/**/*.ts', { cwd: root }).map(file =>
  readFileSync(join(root, file), 'utf8'),
)

/** The places where the code names one: thrown, redirected with, or shown on the error page. */
const NAMED = [
  /new HttpError\(\s*\d+,\s*'(\w+)'/g,
  /new InputError\(\s*'(\w+)'/g,
  /\brefused\('(\w+)'/g,
  /\btokenError\(\d+, '(\w+)'/g,
  /\bfail\('(\w+)'/g,
  /super\('(storage_unavailable)'/g,
  /: '(temporarily_unavailable)'/g,
  /^ {2}(\w+): \[\s*4\d\d,/gm,
]

const used = new Set([
  ...RULES.map(({ code }) => code),
  ...source.flatMap(text =>
    NAMED.flatMap(pattern => [...text.matchAll(pattern)].map(match => match[1] ?? '')),
  ),
])
const documented = new Set(
  [...page.matchAll(/`(\w+)`/g)]
    .map(match => match[1] ?? '')
    .filter(word => word.includes('_') && word !== 'request_id'),
)
documented.delete('error_description')

t.test('every code that the code uses is documented', async t => {
  t.ok(used.size > 30)
  t.strictSame([...used].filter(code => !documented.has(code)).sort(), [])
})

t.test('every documented code is used', async t => {
  t.strictSame([...documented].filter(code => !used.has(code)).sort(), [])
})

t.test('the rules stand in the documentation in their order', async t => {
  const rows = [...page.matchAll(/^\| (\d+) +\| (\d+) +\| `(\w+)` +\|/gm)].map(row => ({
    rule: Number(row[1]),
    status: Number(row[2]),
    code: row[3],
  }))
  t.strictSame(
    rows,
    RULES.map(({ rule, status, code }) => ({ rule, status, code })),
  )
})
