// What the code names as an error code, read from the sources. That docs/errors.md says the same is tested beside it.

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { RULES } from '../src/header-auth/rules.ts'

const root = fileURLToPath(new URL('../src/', import.meta.url))
const sources = globSync('**/*.ts', { cwd: root }).map(file => readFileSync(root + file, 'utf8'))

const THROWN = /new (?:HttpError\(\s*(\d{3}|\w+),|InputError\(|XwmsError\()\s*'([^']*)'/g
const thrown = sources.flatMap(source =>
  [...source.matchAll(THROWN)].map(([, status, code]) => ({ status, code: code as string })),
)

t.test('there are error codes to be looked at', async t => {
  t.ok(thrown.length > 25)
})

t.test('every error code is snake_case', async t => {
  for (const code of new Set([...thrown.map(({ code }) => code), ...RULES.map(({ code }) => code)]))
    t.match(code, /^[a-z]+(?:_[a-z]+)*$/, code)
})

t.test('the code of a rule means the same wherever else it is answered', async t => {
  const statuses = new Map(RULES.map(({ code, status }) => [code, String(status)]))
  for (const { status, code } of thrown) if (statuses.has(code)) t.equal(status, statuses.get(code), code)
})
