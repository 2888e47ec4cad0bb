// docs/conformance.md says which test shows what; this compares the two, in both directions.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const here = new URL('./', import.meta.url)
const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')

/** `file id: text` of every row, under the file that its heading names. */
const written = page.split(/^## /m).flatMap(section => {
  const file = /^[^\n]*\(`([\w-]+\.test\.ts)`\)/.exec(section)?.[1]
  return [...section.matchAll(/^\| ([A-Z]+-\d+) +\| (.+?) +\| .+? \|$/gm)].map(
    ([, id, text]) => `${file} ${id}: ${text}`,
  )
})

const STATEMENT = /\bstatement\(\s*['"]([A-Z]+-\d+)['"],\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/g

const shown = readdirSync(here)
  .filter(file => file.endsWith('.test.ts'))
  .flatMap(file =>
    [...readFileSync(new URL(file, here), 'utf8').matchAll(STATEMENT)].map(
      ([, id, single, double]) => `${file} ${id}: ${(single ?? double ?? '').replaceAll("\\'", "'")}`,
    ),
  )

t.ok(written.length > 100, 'the page is read')
t.equal(new Set(written).size, written.length, 'no row is there twice')
t.same(
  written.filter(statement => !shown.includes(statement)),
  [],
  'every row has its test',
)
t.same(
  shown.filter(statement => !written.includes(statement)),
  [],
  'every test has its row',
)
