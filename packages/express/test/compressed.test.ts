import { Readable } from 'node:stream'
import compression from 'compression'
import type { RequestHandler, Response } from 'express'
import t from 'tap'
import { mounted } from './listen.ts'

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(2000)
const LINES = Array.from({ length: 50 }, (_, line) => `${line} ${TEXT.slice(0, 2000)}\n`)

const ANSWERS: Readonly<Record<string, { answer(response: Response): unknown; body: string }>> = {
  sent: { answer: response => response.type('text').send(TEXT), body: TEXT },
  written: {
    answer(response) {
      response.type('text').write(TEXT)
      response.end('The end.')
    },
    body: `${TEXT}The end.`,
  },
  piped: { answer: response => Readable.from(LINES).pipe(response.type('text')), body: LINES.join('') },
  'too small to compress': { answer: response => response.json({ orders: [] }), body: '{"orders":[]}' },
}

t.test(
  'compression works wherever it stands among guards, and each guard meters the request once',
  async t => {
    const compress = compression()
    const plain: RequestHandler = (_request, _response, next) => next()
    for (const [places, ...around] of [
      ['outside', compress, plain, plain],
      ['between', plain, compress, plain],
      ['inside', plain, plain, compress],
    ] as const) {
      const host = await mounted(t, (app, auth) => {
        const guards = [around[0], auth.protect(), around[1], auth.protect({ route: 'inner' }), around[2]]
        for (const [name, { answer }] of Object.entries(ANSWERS))
          app.get(`/${encodeURIComponent(name)}`, ...guards, (_request, response) => answer(response))
      })
      let events = 0
      for (const [name, { body }] of Object.entries(ANSWERS)) {
        for (const encoding of ['gzip', 'identity']) {
          const headers = { ...host.headers, 'accept-encoding': encoding }
          const signal = AbortSignal.timeout(5000)
          const response = await fetch(`${host.url}/${encodeURIComponent(name)}`, { headers, signal })
          const what = `${name}, ${encoding}, ${places}`
          t.equal(response.status, 200, what)
          t.equal(await response.text(), body, what)
          const compressed = encoding === 'gzip' && body.length > 1024
          t.equal(response.headers.get('content-encoding'), compressed ? 'gzip' : null, what)
          events += 2
          t.equal((await host.events()).length, events, what)
        }
      }
    }
  },
)
