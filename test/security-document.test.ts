// docs/security.md says which test tries what; this compares the two.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8')

/** RFC 9700: the sections that ask something of somebody. */
const SECTIONS = [
  ...['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'],
  ...Array.from({ length: 17 }, (_, index) => `4.${index + 1}`),
]

/** ASVS 5.0, V10: how many requirements each section has. */
const ASVS = Object.entries({ 1: 2, 2: 3, 3: 5, 4: 16, 5: 5, 6: 2, 7: 3 }).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, index) => `10.${section}.${index + 1}`),
)

/** What V6 says of guessing, and the RFCs that speak of it. */
const GUESSING = ['6.1.1', '6.3.1', '6.3.5', '6.3.8', 'RFC 6749 2.3.1', 'RFC 8628 5.1']

const HOLES = ['CVE-2025-61928', 'CVE-2026-114607', 'CVE-2026-67332', 'CVE-2026-67333', 'GHSA-j2rx-g3hp-qg34']

interface Row {
  readonly id: string
  readonly requirement: string
  readonly answer: string
  /** Each as `file: title`. */
  readonly tests: readonly string[]
}

const rows: readonly Row[] = [...page.matchAll(/^\| (.+) \|$/gm)]
  .map(([, cells = '']) => cells.split('|').map(cell => cell.trim()))
  .filter(([id = '']) => /\d/.test(id))
  .map(([id = '', requirement = '', answer = '', shown = '']) => ({
    id,
    requirement,
    answer,
    tests: shown === '—' ? [] : shown.split('<br>'),
  }))

const named = rows.flatMap(({ id, tests }) => tests.map(test => ({ id, ...parsed(test), written: test })))

function parsed(test: string): { readonly file: string; readonly title: string } {
  const [, file = '', title = ''] = /^`([^`]+\.test\.ts)`: (\S.*)$/.exec(test) ?? []
  return { file, title }
}

/** The titles of the tests in a file, in whichever words it declares them. */
function titlesIn(file: string): readonly string[] {
  const source = readFileSync(join(root, file), 'utf8')
  const declared =
    /\b(?:t\.test|flow|statement)\(\s*(?:'[A-Z]+-\d+',\s*)?(?:'((?:[^'\\\n]|\\.)*)'|"([^"\n]*)")/g
  return [...source.matchAll(declared)].map(([, single, double]) =>
    (single ?? double ?? '').replaceAll("\\'", "'"),
  )
}

t.test('every section and every requirement has its row', async t => {
  t.ok(rows.every(({ requirement, answer }) => requirement !== '' && answer !== ''))
  const ids = rows.map(({ id }) => id)
  t.strictSame(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
    'none has two of one id',
  )
  t.strictSame(
    SECTIONS.filter(section => !ids.some(id => id.replace(/-\d+$/, '') === section)),
    [],
  )
  t.strictSame(
    [...ASVS, ...GUESSING, ...HOLES].filter(id => !ids.includes(id)),
    [],
  )
  const known = (id: string) =>
    ASVS.includes(id) ||
    GUESSING.includes(id) ||
    HOLES.includes(id) ||
    SECTIONS.includes(id.replace(/-\d+$/, ''))
  t.strictSame(
    ids.filter(id => !known(id)),
    [],
    'and none is about anything else',
  )
})

t.test('a row without a test is the client’s or the operator’s', async t => {
  const bare = rows.filter(
    ({ tests, answer }) => tests.length === 0 && !/^\*\*(?:client|operator)\*\*/.test(answer),
  )
  t.strictSame(
    bare.map(({ id }) => id),
    [],
  )
})

t.test('every test that is named exists', async t => {
  for (const { id, file, title, written } of named) {
    t.ok(file !== '' && existsSync(join(root, file)), `${id}: ${written}`)
    if (file === '' || !existsSync(join(root, file))) continue
    // A title may go on after what the page says of it.
    const found = titlesIn(file).some(one => one === title || one.startsWith(`${title},`))
    t.ok(found, `${id}: ${file} has no test ${title}`)
  }
})

t.test('every file that is named exists', async t => {
  for (const { id, answer } of rows) {
    for (const [, file = ''] of answer.matchAll(/`([\w./-]+\.ts)`/g)) {
      const path = file.startsWith('packages/') ? file : `packages/core/src/${file}`
      t.ok(existsSync(join(root, path)), `${id}: ${file}`)
    }
  }
})

t.test('every test of security stands on the page', async t => {
  const files = globSync(['packages/core/test/security/*.test.ts', 'test/security/*.test.ts'], { cwd: root })
  t.ok(files.length > 5)
  const missing = files.flatMap(file =>
    titlesIn(file)
      .filter(title => !named.some(test => test.file === file && test.title === title))
      .map(title => `${file}: ${title}`),
  )
  t.strictSame(missing, [])
})
