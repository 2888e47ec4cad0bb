import { setTimeout as delay } from 'node:timers/promises'
import type { NextFunction, Request, Response } from 'express'
import t from 'tap'
import { mounted } from './listen.ts'

type Handler = (request: Request, response: Response, next: NextFunction) => unknown

/** What goes wrong after an answer was given. Express cuts the connection then; without a guard, the answer has left by that time. */
const FAILURES: Readonly<Record<string, Handler>> = {
  'a second answer': (_request, response) => {
    response.json({ answer: 1 })
    response.json({ answer: 2 })
  },
  'an error that is thrown': (_request, response) => {
    response.json({ answer: 1 })
    throw new Error('after the answer')
  },
  'an error that is thrown in the next turn': async (_request, response) => {
    response.json({ answer: 1 })
    await delay(0)
    throw new Error('after the answer')
  },
  'an error that is handed on': (_request, response, next) => {
    response.json({ answer: 1 })
    next(new Error('after the answer'))
  },
  'nobody being next': (_request, response, next) => {
    response.json({ answer: 1 })
    next()
  },
  'a connection that is cut': (request, response) => {
    response.json({ answer: 1 })
    request.socket.destroy()
  },
}

t.test('whatever fails after an answer, the caller has the answer, and it is metered once', async t => {
  for (const [name, handler] of Object.entries(FAILURES)) {
    for (const guards of [1, 2]) {
      const host = await mounted(t, (app, auth) => {
        app.get(
          '/orders',
          Array.from({ length: guards }, () => auth.protect()),
          handler,
        )
      })
      const what = `${name}, ${guards} guards`
      for (let call = 1; call <= 3; call++) {
        const response = await fetch(`${host.url}/orders`, { headers: host.headers })
        t.equal(response.status, 200, what)
        t.same(await response.json(), { answer: 1 }, what)
        t.equal((await host.events()).length, guards * call, what)
      }
    }
  }
})

t.test('an error before the answer is whole is the answer', async t => {
  const host = await mounted(t, (app, auth) => {
    app.get('/orders', auth.protect(), (_request, response) => {
      response.setHeader('content-length', 5)
      response.write('whole')
      throw new Error('before the end')
    })
  })
  const response = await fetch(`${host.url}/orders`, { headers: host.headers })
  t.equal(response.status, 500)
  const text = await response.text()
  t.match(text, /before the end/)
  t.notMatch(text, /whole/)
  t.match(await host.events(), [{ status: 500 }])
})
