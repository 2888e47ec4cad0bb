import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { until } from '../../../../test/support/eventually.ts'
import { type Connection, connectHttp2 } from '../../../../test/support/http2.ts'
import { endOnceMetered } from '../../src/http/metered-response.ts'
import { behindMeters, type Seen, SURROUNDINGS, WAYS } from './behind-meters.ts'

/** Serves one handler behind meters; answers a connection to it, and what the meters see. */
async function serve(t: Test, ...metered: Parameters<typeof behindMeters>): Promise<Connection & Seen> {
  const { listener, ...seen } = behindMeters(...metered)
  return { ...seen, ...(await connectHttp2(t, listener)) }
}

/** The response as what it is. */
function http2(response: ServerResponse): Http2ServerResponse {
  return response as unknown as Http2ServerResponse
}

t.test('an answer over HTTP/2 ends after its event, whichever way it is given', async t => {
  for (const [name, { give, body, status = 200 }] of Object.entries(WAYS)) {
    for (const surroundings of SURROUNDINGS) {
      const { name: around, guards } = surroundings
      const { call, events, log } = await serve(
        t,
        (response, log) => {
          response.on('finish', () => log.push('finished'))
          give(response)
        },
        surroundings,
      )
      for (const method of ['GET', 'HEAD']) {
        events.length = log.length = 0
        const answer = await call({ ':method': method })
        const title = `${name}, ${method}, ${around}`
        t.match(answer, { status, broken: undefined, headers: { 'x-request-id': 'request-1' } }, title)
        t.equal(answer.body, method === 'HEAD' ? '' : body, `${title}: the body`)
        t.strictSame(events, Array(guards).fill(status), `${title}: an event of each guard`)
        await until(() => log.includes('finished'))
        // With writeHead an answer to HEAD is whole.
        if (method === 'HEAD' && name.startsWith('writeHead')) continue
        t.strictSame(log, [...Array(guards).fill('committed'), 'finished'], `${title}: committed first`)
      }
    }
  }
})

t.test('the callback of end is called once the response is out', async t => {
  const { call, log } = await serve(t, (response, log) => {
    response.end('text', () => log.push('callback'))
  })
  await call()
  await until(() => log.length === 2)
  t.strictSame(log, ['committed', 'callback'])
})

t.test('what is written flows before the event', async t => {
  const more = new PassThrough()
  const { open, events } = await serve(t, response => more.pipe(response))
  const stream = open()
  more.write('early')
  t.equal(String(await new Promise(resolve => stream.once('data', resolve))), 'early')
  t.strictSame(events, [], 'nothing is counted yet')
  more.end()
  await new Promise(resolve => stream.once('end', resolve))
  t.strictSame(events, [200])
})

t.test('without its event, an answer that has not left is replaced as a whole', async t => {
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  for (const guards of [1, 2]) {
    const { call, log, events } = await serve(
      t,
      (response, log) => {
        response.setHeader('content-type', 'application/json')
        response.setHeader('etag', '"1"')
        response.end('{"secret":1}', () => log.push('callback'))
      },
      { fails: true, guards },
    )
    const answer = await call()
    t.match(answer, { status: 503, body: 'not counted', broken: undefined })
    t.match(await call({ ':method': 'HEAD' }), { status: 503, body: '', broken: undefined })
    t.match(answer.headers, { 'content-type': 'text/plain', 'x-request-id': 'request-1' })
    t.notOk(answer.headers.etag)
    t.strictSame(events, guards === 1 ? [200, 200] : [200, 503, 200, 503])
    await until(() => log.filter(line => line === 'callback').length === 2)
  }
  await delay(20)
  t.strictSame(warnings, [], 'Node has nothing to say about it')
})

t.test('without its event, nobody takes an answer that has begun for a whole one', async t => {
  const ways: ((response: ServerResponse) => unknown)[] = [
    response => {
      response.write('some')
      response.end('more')
    },
    response => {
      response.setHeader('content-length', 8)
      response.write('some')
      response.write('more')
      response.end()
    },
  ]
  for (const give of ways) {
    const { call, events } = await serve(t, give, { fails: true })
    const answer = await call()
    t.match(answer, { status: 200, body: 'some', broken: /NGHTTP2_INTERNAL_ERROR/ })
    t.strictSame(events, [200])
  }
})

t.test('after end, a response looks ended to the host', async t => {
  const { call, events } = await serve(t, response => {
    response.setHeader('content-type', 'text/plain')
    t.equal(response.headersSent, false)
    t.equal(response.end('first'), response, 'end answers the response')
    t.equal(response.headersSent, true)
    t.equal(response.writableEnded, true)
    const tooLate = { code: 'ERR_HTTP_HEADERS_SENT' }
    t.throws(() => response.setHeader('content-length', 99), tooLate)
    t.throws(() => response.removeHeader('content-type'), tooLate)
    t.throws(() => response.appendHeader('a', 'b'), tooLate)
    t.throws(() => response.writeHead(500), tooLate)
    response.flushHeaders()
    response.statusCode = 500
    t.equal(response.write('second'), false)
    response.end('second')
  })
  const answer = await call()
  t.match(answer, { status: 200, body: 'first', headers: { 'content-type': 'text/plain' } })
  t.strictSame(events, [200])
})

t.test('a write that comes after the answer has left goes nowhere', async t => {
  for (const guards of [1, 2]) {
    let late: unknown
    const { call, log } = await serve(
      t,
      (response, log) => {
        response.on('finish', () => {
          late = response.write('late')
          log.push('late')
        })
        response.end('text')
      },
      { guards },
    )
    t.match(await call(), { status: 200, body: 'text', broken: undefined })
    await until(() => log.includes('late'))
    t.equal(late, false)
  }
})

t.test('middleware that waits for the headers can still add its own', async t => {
  const { call } = await serve(t, response => {
    const { writeHead } = response
    response.writeHead = ((status: number) => {
      response.setHeader('x-late', 'yes')
      return writeHead.call(response, status)
    }) as typeof writeHead
    response.end('text')
  })
  t.match(await call(), { headers: { 'x-late': 'yes' }, body: 'text' })
})

t.test('an argument that Node refuses becomes a failure, not a crash', async t => {
  const { call, events } = await serve(t, response => response.end(42 as unknown as string))
  t.match(await call(), { body: '', broken: /NGHTTP2_INTERNAL_ERROR/ })
  t.strictSame(events, [200])
})

t.test('a caller who leaves is counted once, whether he waits for a body or for the head alone', async t => {
  for (const method of ['GET', 'HEAD']) {
    for (const guards of [1, 2]) {
      let response: ServerResponse | undefined
      const { open, events, log } = await serve(
        t,
        (given, log) => {
          given.on('close', () => log.push('closed'))
          response = given
        },
        { guards },
      )
      const stream = open({ ':method': method })
      await until(() => response !== undefined)
      stream.close()
      await until(() => events.length > 0)
      response?.end('too late')
      await until(() => log.includes('closed'))
      await delay(20)
      t.strictSame(events, Array(guards).fill(499), method)
    }
  }
})

t.test('a caller who leaves in the middle is counted with the status that was sent', async t => {
  let response: ServerResponse | undefined
  const { open, events } = await serve(t, given => {
    given.statusCode = 206
    given.write('some')
    response = given
  })
  const stream = open()
  await new Promise(resolve => stream.once('data', resolve))
  stream.close()
  await until(() => events.length > 0)
  response?.end()
  await delay(20)
  t.strictSame(events, [206])
})

t.test('a caller who leaves while the event is written is counted once', async t => {
  const { open, events, log } = await serve(t, response => response.end('text'), { takesMs: 40 })
  const stream = open()
  await until(() => events.length > 0)
  stream.close()
  await until(() => log.includes('committed'))
  await delay(20)
  t.strictSame(events, [200])
})

t.test('a response that the host destroys is counted once, even where the commit fails', async t => {
  const { call, events } = await serve(t, response => response.destroy(), { fails: true })
  await call()
  await until(() => events.length > 0)
  await delay(20)
  t.strictSame(events, [499])
})

t.test('a response whose caller left before the meter began is counted at once', async t => {
  const events: number[] = []
  const { call } = await connectHttp2(t, (_request, response) => {
    response.on('close', () => {
      const meter = {
        requestId: 'request-1',
        headers: undefined,
        complete: (status: number) => events.push(status),
      }
      endOnceMetered(response, meter, () => ({ status: 500, headers: {}, body: '' }))
    })
    response.destroy()
  })
  await call()
  await until(() => events.length > 0)
  t.strictSame(events, [499])
})

t.test('what is sent around the response is counted with the status that it had', async t => {
  const { call, events } = await serve(t, response => {
    response.statusCode = 404
    http2(response).stream.respond({ ':status': 203 })
    http2(response).stream.end('raw')
  })
  t.match(await call(), { status: 203, body: 'raw' })
  await until(() => events.length > 0)
  t.strictSame(events, [203])
})

t.test('what is pushed beside an answer arrives, and is no event of its own', async t => {
  const { open, events } = await serve(t, response => {
    http2(response).createPushResponse({ ':path': '/style.css' }, (error, pushed) => {
      t.equal(error, null)
      pushed.end('pushed')
      response.end('text')
    })
  })
  const stream = open()
  const pushed = new Promise<string>(resolve => {
    stream.session?.once('stream', async push => resolve(await text(push)))
  })
  t.equal(await text(stream), 'text')
  t.equal(await pushed, 'pushed')
  t.strictSame(events, [200])
})

t.test('one connection carries many answers at once', async t => {
  let served = 0
  const { call, events } = await serve(t, response => response.end(`answer ${++served}`))
  const answers = await Promise.all(Array.from({ length: 20 }, () => call()))
  t.strictSame(
    answers.map(({ body }) => body).toSorted(),
    Array.from({ length: 20 }, (_, index) => `answer ${index + 1}`).toSorted(),
  )
  t.strictSame(events, Array(20).fill(200))
})

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let whole = ''
  for await (const chunk of stream) whole += chunk
  return whole
}
