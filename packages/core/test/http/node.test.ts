import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { exchange, get, listen } from '../../../../test/support/exchange.ts'
import { readBody } from '../../src/http/body.ts'
import { findBody, sendResponse, splitTarget } from '../../src/http/node.ts'
import type { HttpBody } from '../../src/http/request.ts'

t.test('a request target is split as it was written', async t => {
  const targets: Record<string, { path: string; search: string }> = {
    '/': { path: '/', search: '' },
    '/api/info': { path: '/api/info', search: '' },
    '/api/info?a=1&b=/?': { path: '/api/info', search: 'a=1&b=/?' },
    '/api/info?': { path: '/api/info', search: '' },
    '//api/info': { path: '//api/info', search: '' },
    '/x/../api/info': { path: '/x/../api/info', search: '' },
    '/%61pi/info': { path: '/%61pi/info', search: '' },
    '/%': { path: '/%', search: '' },
    'http://example.com/api/info?a=1': { path: '/api/info', search: 'a=1' },
    'http://example.com:99999/api/info': { path: '/api/info', search: '' },
    'http://example.com': { path: 'http://example.com', search: '' },
    'http://example.com?a=/b': { path: 'http://example.com', search: 'a=/b' },
    '*': { path: '*', search: '' },
    'example.com:443': { path: 'example.com:443', search: '' },
    '': { path: '', search: '' },
    '?a=1': { path: '', search: 'a=1' },
  }
  for (const [target, split] of Object.entries(targets)) t.same(splitTarget(target), split, target)
})

/** What is found of a body after the host has done something with the request. */
async function found(
  t: Test,
  body: string,
  before: (request: IncomingMessage) => Promise<unknown> | unknown,
): Promise<HttpBody & { read?: string }> {
  let outcome: (HttpBody & { read?: string }) | undefined
  const port = await listen(t, async (request, response) => {
    const parsed = await before(request)
    const state = findBody(request, parsed)
    outcome = state.state === 'unread' ? { ...state, read: await text(state.stream) } : state
    response.end()
  })
  const length = Buffer.byteLength(body)
  await exchange(
    port,
    `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
  )
  return outcome as HttpBody & { read?: string }
}

t.test('a body is found in the state that the host left it in', async t => {
  t.match(await found(t, '{"a":1}', () => undefined), { state: 'unread', read: '{"a":1}' })
  t.match(await found(t, 'a=1', () => ({})), { state: 'unread', read: 'a=1' }, 'a parser that did not read')
  t.match(await found(t, '', () => undefined), { state: 'unread', read: '' })
  t.same(await found(t, '{"a":1}', text), { state: 'raw', bytes: '{"a":1}' })
  t.same(await found(t, '{"a":1}', async request => Buffer.from(await text(request))), {
    state: 'raw',
    bytes: Buffer.from('{"a":1}'),
  })
  t.same(await found(t, '{"a":1}', async request => JSON.parse(await text(request))), {
    state: 'parsed',
    value: { a: 1 },
  })
  t.same(
    await found(t, '{"a":1}', async request => {
      await text(request)
      return undefined
    }),
    { state: 'lost' },
  )
  t.same(
    await found(t, '', async request => {
      await text(request)
      return undefined
    }),
    { state: 'parsed', value: undefined },
    'of nothing, nothing can be lost',
  )
})

t.test('leaving a body in the middle does not break the connection', async t => {
  const port = await listen(t, async (request, response) => {
    const body = findBody(request, undefined)
    const headers = { 'content-type': 'application/json' }
    const about = { method: 'POST', path: '/', search: '', mountPath: '', secure: true, ip: '', origin: '' }
    const asked = { ...about, headers, body, hasLeft: false }
    await t.rejects(readBody(asked, 'json', 3), { status: 413, code: 'body_too_large' })
    response.end('enough')
  })
  const answer = await exchange(
    port,
    'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n\r\n',
  )
  t.match(answer, 'enough')
})

t.test('an answer keeps the cookies that were set before', async t => {
  const port = await listen(t, (_request, response) => {
    response.setHeader('set-cookie', ['host=1'])
    response.setHeader('content-type', 'text/plain')
    sendResponse(response, {
      status: 201,
      headers: { 'content-type': 'text/html', 'set-cookie': ['a=1', 'b=2'] },
      body: 'é',
    })
  })
  const answer = await exchange(port, get('/'))
  t.match(answer, /^HTTP\/1.1 201 Created\r\n/)
  t.same(answer.match(/set-cookie: .*/g), ['set-cookie: host=1', 'set-cookie: a=1', 'set-cookie: b=2'])
  t.match(answer, /content-type: text\/html/)
  t.match(answer, /content-length: 2\r\n/)
  t.match(
    await exchange(port, get('/', 'HEAD')),
    /content-length: 2\r\n[\s\S]*\r\n\r\n$/,
    'HEAD names the length',
  )
})
