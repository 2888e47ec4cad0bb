import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { HttpError } from '../../src/errors.ts'
import { PROBLEM_KINDS, problemResponse } from '../../src/http/problem.ts'

t.test('a problem says what, where, and what to do about it (RFC 9457)', async t => {
  const error = new HttpError(404, 'workspace_not_found', 'There is no such workspace.', {
    headers: { 'x-extra': '1' },
  })
  const { status, headers, body } = problemResponse(error, 'request-1')
  t.equal(status, 404)
  t.match(headers, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-extra': '1',
  })
  t.strictSame(JSON.parse(body), {
    type: 'urn:xwms:problem:workspace_not_found',
    title: PROBLEM_KINDS.workspace_not_found?.title,
    status: 404,
    detail: 'There is no such workspace.',
    code: 'workspace_not_found',
    request_id: 'request-1',
    fix: PROBLEM_KINDS.workspace_not_found?.fix,
  })
})

t.test('the fields at fault stand in it by name', async t => {
  const error = new HttpError(422, 'validation_failed', 'from: must be a time', {
    fields: { from: 'must be a time' },
  })
  t.strictSame(JSON.parse(problemResponse(error, 'request-1').body).fields, { from: 'must be a time' })
})

t.test('what nobody foresaw is a problem all the same', async t => {
  const body = JSON.parse(problemResponse(new HttpError(418, 'teapot', 'No.'), 'request-1').body)
  t.match(body, { title: "I'm a Teapot", code: 'teapot', fix: /request id/ })
})

t.test('every code that the management API refuses with has its title and its remedy', async t => {
  const root = fileURLToPath(new URL('../../src/', import.meta.url))
  const files = globSync(['answer.ts', 'manage/api/*.ts', 'context/{failure,issuer}.ts', 'http/body.ts'], {
    cwd: root,
  })
  const codes = files.flatMap(file =>
    [...readFileSync(root + file, 'utf8').matchAll(/new HttpError\(\s*\d+,\s*'(\w+)'/g)].map(
      ([, code]) => code as string,
    ),
  )
  t.ok(codes.length > 8)
  const ofTokens = ['invalid_token', 'invalid_dpop_proof', 'use_dpop_nonce', 'insufficient_scope']
  const ofChanges = [...readFileSync(`${root}manage/api/change.ts`, 'utf8').matchAll(/^ {2}(\w+): \[\d+,/gm)]
  t.ok(ofChanges.length > 2)
  codes.push(...ofChanges.map(([, code]) => code as string))
  for (const code of [...codes, ...ofTokens, 'storage_unavailable']) {
    const { title, fix } = PROBLEM_KINDS[code] ?? { title: '', fix: '' }
    t.match(title, /^[A-Z].*[^.]$/, code)
    t.match(fix, /^[A-Z].*\.$/, code)
  }
})
