import { Readable } from 'node:stream'
import type Koa from 'koa'
import type { Context } from 'koa'
import type { Xwms } from '../src/index.ts'

/** The kinds of answer that Koa knows, by name, each with its status. */
export const ANSWERS: Readonly<Record<string, [handler: (context: Context) => unknown, status: number]>> = {
  json: [context => Object.assign(context, { status: 201, body: { a: 1 } }), 201],
  text: [context => Object.assign(context, { body: 'text' }), 200],
  bytes: [context => Object.assign(context, { body: Buffer.from('text') }), 200],
  nothing: [context => Object.assign(context, { body: null }), 204],
  stream: [context => Object.assign(context, { body: Readable.from(['a', 'b', 'c']) }), 200],
  'a stream of known length': [
    context => Object.assign(context, { body: Readable.from(['ab', 'c']), length: 3 }),
    200,
  ],
  redirect: [context => context.redirect('/elsewhere'), 302],
  'around Koa': [
    context => {
      context.respond = false
      context.res.statusCode = 202
      context.res.end('text')
    },
    202,
  ],
  missing: [() => {}, 404],
  'an error with a status': [context => context.throw(410, 'gone'), 410],
  'an error without': [() => Promise.reject(new Error('broken')), 500],
}

/** Gives each of them twice: below `/guarded/` and, behind no guard, below `/letfree/`, whose name is as long. */
export function guardedAnswers(app: Koa, auth: Xwms): void {
  const guard = auth.protect()
  app.use((context, next) => (context.path.startsWith('/guarded/') ? guard(context, next) : next()))
  app.use(context => ANSWERS[decodeURIComponent(context.path).slice('/guarded/'.length)]?.[0](context))
}
