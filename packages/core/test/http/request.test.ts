import t from 'tap'
import { header, requestIdOf } from '../../src/http/request.ts'

const OURS = /^[0-9a-f]{16}-[0-9a-z]+$/

t.test('a header has one value: the only one, or the first', async t => {
  const headers = { one: 'a', many: ['b', 'c'], none: undefined }
  t.equal(header(headers, 'one'), 'a')
  t.equal(header(headers, 'many'), 'b')
  t.equal(header(headers, 'none'), undefined)
  t.equal(header(headers, 'absent'), undefined)
  t.equal(header({ empty: [] }, 'empty'), undefined)
})

t.test('a well-formed request id is kept', async t => {
  for (const id of ['12345678', '0b5f7d3a-7c1e-4b6f-9a3c-000000000000', 'a.b_c~d+e/f=g:h-1', 'x'.repeat(128)])
    t.equal(requestIdOf({ 'x-request-id': id }), id, id)
})

t.test('any other request id is replaced, so that nobody writes into our logs and headers', async t => {
  const given = [
    undefined,
    '',
    '1234567',
    'x'.repeat(129),
    'has a space',
    'line\nbreak',
    'line\r\nset-cookie: a=b',
    '<script>alert(1)</script>',
    '"quoted-id"',
    'ünicode-id',
    ['12345678', '12345678'],
  ]
  for (const id of given) t.match(requestIdOf({ 'x-request-id': id }), OURS, JSON.stringify(id))
})

t.test('two requests without an id get two', async t => {
  t.not(requestIdOf({}), requestIdOf({}))
})
