import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { until } from '../../../../test/support/eventually.ts'
import { exchange, get, listen } from '../../../../test/support/exchange.ts'
import { endOnceMetered, type ResponseMeter } from '../../src/http/metered-response.ts'
import type { EventWaiter } from '../../src/model/usage.ts'
import { behindMeters, type Seen, SURROUNDINGS, WAYS, type Way } from './behind-meters.ts'

/** Serves one handler behind a meter; answers its port, and what the meter sees. */
async function serve(
  t: Test,
  ...metered: Parameters<typeof behindMeters>
): Promise<Seen & { readonly port: number }> {
  const { listener, ...seen } = behindMeters(...metered)
  return { ...seen, port: await listen(t, listener) }
}

/** The body of an answer, chunk sizes left out. */
function bodyOf(answer: string): string {
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return /transfer-encoding: chunked/i.test(head) ? body.replace(/[0-9a-f]+\r\n(.*)\r\n/g, '$1') : body
}

t.test('an answer ends after its event, whichever way it is given', async t => {
  const ways: Record<string, Way & { readonly method?: string }> = {
    ...WAYS,
    'the head alone': { give: response => response.end('text'), body: '', method: 'HEAD' },
  }
  for (const [name, { give, body, status = 200, method = 'GET' }] of Object.entries(ways)) {
    await t.test(name, async t => {
      for (const surroundings of SURROUNDINGS) {
        const { port, events, log } = await serve(
          t,
          (response, log) => {
            response.on('finish', () => log.push('finished'))
            give(response)
          },
          surroundings,
        )
        const answer = await exchange(port, get('/', method))
        const { name, guards } = surroundings
        t.match(answer, `HTTP/1.1 ${status} `, name)
        t.match(answer, /x-request-id: request-1/, name)
        t.equal(bodyOf(answer), body, name)
        t.same(events, Array(guards).fill(status), `${name}: an event of each with the status`)
        await until(() => log.includes('finished'))
        t.same(log, [...Array(guards).fill('committed'), 'finished'], `${name}: committed first`)
      }
    })
  }
})

t.test('the callback of end is called once the response is out', async t => {
  const { port, log } = await serve(t, (response, log) => {
    response.end('text', () => log.push('callback'))
  })
  await exchange(port, get('/'))
  t.same(log, ['committed', 'callback'])
})

t.test('what is written flows before the event', async t => {
  const more = new PassThrough()
  const { port, events } = await serve(t, response => more.pipe(response))
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')))
  more.write('early')
  const [first] = await new Promise<[Buffer]>(resolve => socket.once('data', chunk => resolve([chunk])))
  t.match(first.toString(), 'early')
  t.same(events, [], 'nothing is counted yet')
  more.end()
  await new Promise(resolve => socket.once('end', resolve))
  t.same(events, [200])
})

t.test('the bytes that complete a declared length wait for the event', async t => {
  const { port } = await serve(
    t,
    response => {
      response.setHeader('content-length', 8)
      response.write('some')
      response.write('more')
      response.end()
    },
    { fails: true },
  )
  const answer = await exchange(port, get('/'))
  t.match(answer, 'some')
  t.notMatch(answer, 'more')
})

t.test('without its event, an answer that has not left is replaced as a whole', async t => {
  const { port, log, events } = await serve(
    t,
    (response, log) => {
      response.statusMessage = 'Very Fine'
      response.setHeader('content-type', 'application/json')
      response.setHeader('etag', '"1"')
      response.end('{"secret":1}', () => log.push('callback'))
    },
    { fails: true },
  )
  const answer = await exchange(port, get('/'))
  t.match(answer, /^HTTP\/1.1 503 Service Unavailable\r\n/)
  t.notMatch(answer, /etag|secret|json/)
  t.match(answer, 'not counted')
  t.same(events, [200])
  t.same(log, ['committed', 'callback'])
})

t.test('without its event, an answer that has begun is broken off', async t => {
  const { port, events } = await serve(
    t,
    response => {
      response.write('some')
      response.end('more')
    },
    { fails: true },
  )
  const answer = await exchange(port, get('/'))
  t.match(answer, 'some')
  t.notMatch(answer, 'more')
  t.notMatch(answer, '\r\n0\r\n', 'the last chunk is missing')
  t.same(events, [200])
})

t.test('after end, a response looks ended to the host', async t => {
  const { port, events } = await serve(t, (response, log) => {
    response.setHeader('content-type', 'text/plain')
    t.equal(response.headersSent, false)
    t.equal(response.end('first'), response, 'end answers the response')
    t.equal(response.headersSent, true)
    t.equal(response.writableEnded, true)
    t.throws(() => response.setHeader('content-length', 99), { code: 'ERR_HTTP_HEADERS_SENT' })
    t.throws(() => response.removeHeader('content-type'), { code: 'ERR_HTTP_HEADERS_SENT' })
    t.throws(() => response.appendHeader('a', 'b'), { code: 'ERR_HTTP_HEADERS_SENT' })
    response.statusCode = 500
    t.equal(response.write('second'), false)
    response.end('second')
    log.push('answered')
  })
  const answer = await exchange(port, get('/'))
  t.match(answer, /^HTTP\/1.1 200 OK\r\n/)
  t.equal(bodyOf(answer), 'first')
  t.same(events, [200])
})

t.test('middleware that waits for the headers can still add its own', async t => {
  const { port } = await serve(t, response => {
    const { writeHead } = response
    response.writeHead = ((status: number) => {
      response.setHeader('x-late', 'yes')
      return writeHead.call(response, status)
    }) as typeof writeHead
    response.end('text')
  })
  t.match(await exchange(port, get('/')), /x-late: yes/)
})

t.test('an argument that Node refuses becomes a failure, not a crash', async t => {
  const { port, events } = await serve(t, response => response.end(42 as unknown as string))
  t.match(await exchange(port, get('/')), /^HTTP\/1.1 503 /)
  t.same(events, [200])
})

t.test('a caller who leaves is counted once', async t => {
  let response: ServerResponse | undefined
  const { port, events } = await serve(t, given => {
    response = given
  })
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')))
  await until(() => response !== undefined)
  socket.destroy()
  await until(() => events.length > 0)
  response?.end('too late')
  await delay(20)
  t.same(events, [499])
})

t.test('a caller who leaves in the middle is counted with the status that was sent', async t => {
  let response: ServerResponse | undefined
  const { port, events } = await serve(t, given => {
    given.statusCode = 206
    given.write('some')
    response = given
  })
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')))
  await new Promise(resolve => socket.once('data', resolve))
  socket.destroy()
  await until(() => events.length > 0)
  response?.end()
  await delay(20)
  t.same(events, [206])
})

t.test('a caller who leaves while the event is written is counted once', async t => {
  const { port, events, log } = await serve(t, response => response.end('text'), { takesMs: 40 })
  const socket = connect(port, '127.0.0.1', () => socket.write(get('/')))
  await until(() => events.length > 0)
  socket.destroy()
  await until(() => log.includes('committed'))
  await delay(20)
  t.same(events, [200])
})

t.test('a response that the host destroys is counted once, even where the commit fails', async t => {
  const { port, events } = await serve(t, response => response.destroy(), { fails: true })
  await exchange(port, get('/'))
  await until(() => events.length > 0)
  await delay(20)
  t.same(events, [499])
})

t.test('a response whose caller left before the meter began is counted at once', async t => {
  const events: number[] = []
  const port = await listen(t, (_request, response) => {
    response.on('close', () => {
      const meter = {
        requestId: 'request-1',
        headers: undefined,
        complete: (status: number) => events.push(status),
      }
      endOnceMetered(response, meter, failure)
    })
    response.destroy()
  })
  await exchange(port, get('/'))
  await until(() => events.length > 0)
  t.same(events, [499])
})

t.test('one connection carries many answers, in their order', async t => {
  let served = 0
  const { port, events } = await serve(t, response => response.end(`answer ${++served}`))
  const keep = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const answers = await exchange(port, keep + keep + get('/'))
  t.match(answers, /answer 1[\s\S]*answer 2[\s\S]*answer 3/)
  t.same(events, [200, 200, 200])
})

/** Meters that log what they count, by their names. */
function meters(log: string[]) {
  return (name: string): ResponseMeter => ({
    requestId: 'request-1',
    headers: undefined,
    async complete(status, waiter) {
      log.push(`${name} ${status}`)
      await delay(5)
      waiter.committed()
    },
  })
}

const failure = () => ({ status: 500, headers: {}, body: '' })

t.test('a response that is guarded twice is counted by both, and ends after both', async t => {
  for (const leaves of [false, true]) {
    const log: string[] = []
    const meter = meters(log)
    const port = await listen(t, (_request, response) => {
      endOnceMetered(response, meter('outer'), failure)
      endOnceMetered(response, meter('inner'), failure)
      response.on('finish', () => log.push('finished'))
      if (leaves) return response.destroy()
      response.setHeader('content-length', 8)
      response.write('some')
      response.end('more')
    })
    const answer = await exchange(port, get('/'))
    await until(() => log.length === (leaves ? 2 : 3))
    if (leaves) t.strictSame(log.toSorted(), ['inner 499', 'outer 499'])
    else {
      t.equal(bodyOf(answer), 'somemore')
      t.strictSame(log, ['inner 200', 'outer 200', 'finished'])
    }
  }
})

t.test(
  'what is put around a response between its guards sees every write and the end, once, and may be late',
  async t => {
    const log: string[] = []
    const meter = meters(log)
    const port = await listen(t, (_request, response) => {
      endOnceMetered(response, meter('outer'), failure)
      putAround(response, 'outer', log)
      endOnceMetered(response, meter('middle'), failure)
      putAround(response, 'middle', log)
      endOnceMetered(response, meter('inner'), failure)
      response.on('finish', () => log.push('finished'))
      response.write('some ')
      response.end('more')
      response.end('too much')
    })
    t.equal(bodyOf(await exchange(port, get('/'))), 'SOME MORE')
    await until(() => log.includes('finished'))
    t.strictSame(log, [
      ...['middle writes some ', 'inner 200', 'outer writes SOME ', 'middle ends more', 'middle 200'],
      ...['outer ends MORE', 'outer 200', 'finished'],
    ])
  },
)

/** As middleware does that works on what is sent: it hands on later, by the methods that it found. */
function putAround(response: ServerResponse, name: string, log: string[]): void {
  const { write, end } = response
  const later = (task: () => unknown) => setTimeout(task, 1)
  response.write = ((chunk: string) => {
    log.push(`${name} writes ${chunk}`)
    later(() => write.call(response, chunk.toUpperCase(), 'utf8'))
    return true
  }) as ServerResponse['write']
  response.end = ((chunk: string) => {
    log.push(`${name} ends ${chunk}`)
    later(() => end.call(response, chunk.toUpperCase(), 'utf8'))
    return response
  }) as ServerResponse['end']
}

t.test(
  'a connection that is cut while an answer waits is closed after it, and at once for an error',
  async t => {
    const ways: [way: string, cut: (socket: Socket) => unknown, answered: boolean][] = [
      ['cut', socket => socket.destroy(), true],
      ['cut twice', socket => socket.destroy().destroy(), true],
      ['cut for an error', socket => socket.destroy(new Error('broken')), false],
    ]
    for (const [way, cut, answered] of ways) {
      for (const surroundings of SURROUNDINGS) {
        let socket: Socket | undefined
        const { port, events } = await serve(
          t,
          response => {
            socket = response.req.socket
            socket.on('error', () => {})
            response.end('text')
            cut(socket)
            t.equal(socket.destroyed, !answered, way)
          },
          surroundings,
        )
        const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').catch(() => '')
        t.equal(bodyOf(answer), answered ? 'text' : '', `${way}, ${surroundings.name}`)
        await until(() => socket?.destroyed === true)
        await until(() => events.length === surroundings.guards)
      }
    }
  },
)

t.test('a connection is closed after the answer that says why, where the commit fails', async t => {
  const { port } = await serve(
    t,
    response => {
      response.end('text')
      response.req.socket.destroy()
    },
    { fails: true, guards: 2 },
  )
  t.match(await exchange(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), /503 [\s\S]*not counted/)
})

t.test(
  'an answer leaves in the context in which it was given, though others are committed with it',
  async t => {
    const requests = new AsyncLocalStorage<string>()
    const together = 10
    for (const fails of [false, true]) {
      for (const guards of [1, 2]) {
        const seen: string[] = []
        const note = (what: string, own: string) => seen.push(`${what} ${own} in ${requests.getStore()}`)
        let waiting: EventWaiter[] = []
        const port = await listen(t, (request, response) => {
          const own = request.url as string
          const meter: ResponseMeter = {
            requestId: own,
            headers: undefined,
            complete(_status, waiter) {
              waiting.push(waiter)
              if (waiting.length < together) return
              const settled = waiting
              waiting = []
              for (const one of settled) fails ? one.failed(new Error('no commit')) : one.committed()
            },
          }
          requests.run(own, () => {
            for (let guard = 0; guard < guards; guard++)
              endOnceMetered(response, meter, () => {
                note('failure', own)
                return { status: 503, headers: {}, body: '' }
              })
            response.on('finish', () => note('finish', own))
            response.on('close', () => note('close', own))
            response.end('text', () => note('callback', own))
          })
        })
        const targets = Array.from({ length: together }, (_, number) => `/${number}`)
        await Promise.all(targets.map(target => exchange(port, get(target))))
        const whats = ['finish', 'close', 'callback', ...(fails ? Array(guards).fill('failure') : [])]
        await until(() => seen.length === together * whats.length)
        const expected = targets.flatMap(own => whats.map(what => `${what} ${own} in ${own}`))
        t.strictSame(
          seen.toSorted(),
          expected.toSorted(),
          `${guards} guards, ${fails ? 'failed' : 'committed'}`,
        )
      }
    }
  },
)
