import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { xwms as xwmsForExpress } from '@xwms/express'
import { type XwmsOptions, xwms as xwmsForKoa } from '@xwms/koa'
import express from 'express'
import Koa from 'koa'
import { bodyFor } from './traffic.ts'

/** An application that sells its API, with the kit in it. */
interface Host {
  readonly listener: RequestListener
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

export const HOSTS: Readonly<Record<'express' | 'koa', (options: XwmsOptions) => Host>> = {
  express: expressHost,
  koa: koaHost,
}

/** What the host answers by path, and the name of its price. */
const ROUTES = {
  '/orders': 'orders',
  '/slow': 'orders',
  '/streamed': 'orders',
  '/free': 'free',
  '/gone': 'orders',
}

const GONE = 410
/** Where a body that leaves in two pieces is split. */
const SPLIT = 100

function expressHost(options: XwmsOptions): Host {
  const app = express()
  const auth = xwmsForExpress(options)
  // The load says that it came over HTTPS, as a proxy in front would.
  app.set('trust proxy', 'loopback')
  app.use(auth)
  for (const [path, price] of Object.entries(ROUTES)) {
    app.get(path, auth.protect({ price }), async (request, response) => {
      const body = bodyFor(request.xwms.requestId)
      if (path === '/streamed') {
        response.write(body.slice(0, SPLIT))
        await work()
        response.end(body.slice(SPLIT))
        return
      }
      if (path === '/slow') await work()
      response.status(path === '/gone' ? GONE : 200).send(body)
    })
  }
  return { listener: app, ready: auth.ready, close: auth.close }
}

function koaHost(options: XwmsOptions): Host {
  const app = new Koa({ proxy: true })
  const auth = xwmsForKoa(options)
  app.on('error', (error: NodeJS.ErrnoException) => {
    // Callers who leave are part of the scene.
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') console.error(error)
  })
  app.use(auth)
  for (const [path, price] of Object.entries(ROUTES)) {
    const guard = auth.protect({ price, route: `GET ${path}` })
    app.use((context, next) => (context.path === path ? guard(context, next) : next()))
  }
  app.use(async context => {
    const { path, res } = context
    const body = bodyFor(context.xwms.requestId)
    if (path === '/streamed') {
      context.respond = false
      res.statusCode = 200
      res.write(body.slice(0, SPLIT))
      await work()
      res.end(body.slice(SPLIT))
      return
    }
    if (path === '/slow') await work()
    context.status = path === '/gone' ? GONE : 200
    context.body = body
  })
  return { listener: app.callback(), ready: auth.ready, close: auth.close }
}

/** What a handler does with a database of its own, say. */
function work(): Promise<void> {
  return sleep(5 + Math.floor(Math.random() * 40))
}
