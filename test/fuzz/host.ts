import type { RequestListener } from 'node:http'
import type { Kit, XwmsOptions } from '@xwms/core'
import { xwms as xwmsForExpress } from '@xwms/express'
import { xwms as xwmsForKoa } from '@xwms/koa'
import express, { type NextFunction, type Request, type Response } from 'express'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { HOST_PARSES, HOST_ROUTES, HOST_SCOPE } from './host-routes.ts'
import { RESOURCES } from './introduction.ts'

/** An application with XWMS mounted at its root, and routes of its own that XWMS guards. */
export interface Host {
  readonly listener: RequestListener
  readonly kit: Kit
  /** How many requests the kit has in hand. */
  readonly pending: () => number
}

/** Both believe every forwarded header, so that whatever a caller claims there comes through. */
export const HOSTS = { express: expressHost, koa: koaHost } as const

function expressHost(options: XwmsOptions): Host {
  const app = express()
  app.set('trust proxy', true)
  app.set('env', 'production')
  const auth = xwmsForExpress(options)
  const guards = {
    credentials: auth.protect({ scope: HOST_SCOPE }),
    token: auth.protect({ scope: HOST_SCOPE, resource: RESOURCES.host }),
  }
  const { follow, pending } = pendingWork()
  const json = express.json()
  const form = express.urlencoded({ extended: true })
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.headers[HOST_PARSES] === undefined) next()
    else json(request, response, error => (error ? next(error) : form(request, response, next)))
  })
  app.use((request, response, next) => follow(auth(request, response, next)))
  for (const { method, path, guard } of HOST_ROUTES) {
    app[method === 'GET' ? 'get' : 'post'](
      path,
      (request, response, next) => follow(guards[guard](request, response, next)),
      (request, response) => {
        response.json({ for: (request.xwms ?? request.xwmsToken).client.name })
      },
    )
  }
  // Express would show a refusal of its own parsers on standard error.
  app.use((error: { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status ?? 500).end()
  })
  return { listener: app, kit: auth.kit, pending }
}

function koaHost(options: XwmsOptions): Host {
  const app = new Koa({ proxy: true })
  // Koa would show every connection that breaks on standard error.
  app.silent = true
  const auth = xwmsForKoa(options)
  const guards = {
    credentials: auth.protect({ scope: HOST_SCOPE }),
    token: auth.protect({ scope: HOST_SCOPE, resource: RESOURCES.host }),
  }
  const { follow, pending } = pendingWork()
  const parse = bodyParser({ enableTypes: ['json', 'form'] })
  app.use(async (context, next) => {
    if (context.get(HOST_PARSES) !== '') {
      try {
        await parse(context, async () => {})
      } catch {
        // It has no status for some of what it cannot read, such as broken compression.
        context.status = 400
        return
      }
    }
    await next()
  })
  app.use((context, next) => follow(auth(context, next)))
  app.use((context, next) => {
    const { method, path } = context
    const route = HOST_ROUTES.find(route => route.method === method && route.path === path)
    return route && follow(guards[route.guard](context, next))
  })
  app.use(context => {
    const caller = context.xwms ?? context.xwmsToken
    if (caller) context.body = { for: caller.client.name }
  })
  return { listener: app.callback(), kit: auth.kit, pending }
}

/** Counts what has begun and not ended, failed or not. */
function pendingWork() {
  let count = 0
  return {
    async follow(work: unknown): Promise<void> {
      count++
      try {
        await work
      } finally {
        count--
      }
    },
    pending: () => count,
  }
}
