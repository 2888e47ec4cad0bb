import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Kit, ProtectOptions } from '@xwms/core'
import { xwms as xwmsForExpress } from '@xwms/express'
import { type XwmsOptions, xwms as xwmsForKoa } from '@xwms/koa'
import express from 'express'
import Koa, { type Context, type Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import mount from 'koa-mount'

/** How a host application is put together. */
export interface HostOptions {
  /** Where the framework mounts the kit: empty, or like `/auth`. */
  readonly prefix: string
  /** Where the framework's usual body parsers stand. Default: nowhere. */
  readonly parsers?: 'before' | 'after'
  /** Whether one proxy in front is trusted. Default: no. */
  readonly behindProxy?: boolean
  /** What the host asks of callers of its route. */
  readonly protect: ProtectOptions
  readonly kit: XwmsOptions
}

/** A host application: the kit, `/orders` guarded, and `/host` for everybody. */
export interface Host {
  readonly kit: Kit
  readonly listener: RequestListener
}

export const FRAMEWORKS: Readonly<Record<string, (options: HostOptions) => Host>> = {
  Express: expressHost,
  Koa: koaHost,
}

function expressHost({ prefix, parsers, behindProxy, protect, kit }: HostOptions): Host {
  const app = express()
  const auth = xwmsForExpress(kit)
  app.set('env', 'test')
  if (behindProxy) app.set('trust proxy', 1)
  if (parsers === 'before') app.use(express.json(), express.urlencoded())
  if (prefix === '') app.use(auth)
  else app.use(prefix, auth)
  if (parsers === 'after') app.use(express.json(), express.urlencoded())
  app.all('/orders', auth.protect(protect), async (request, response) => {
    const { client, domain, requestId, concerns } = request.xwms
    if (typeof request.query.sub === 'string') concerns(request.query.sub)
    if (request.query.fails !== undefined) throw Object.assign(new Error('gone'), { status: 410 })
    const body = request.readableDidRead ? request.body : JSON.parse((await text(request)) || 'null')
    response.json({ client: client.name, domain: domain.host, requestId, ip: request.ip, body })
  })
  app.get('/host', (_request, response) => void response.send('host'))
  app.use((_request, response) => void response.status(404).send('nothing here'))
  return { kit: auth.kit, listener: app }
}

function koaHost({ prefix, parsers, behindProxy, protect, kit }: HostOptions): Host {
  const app = new Koa(behindProxy ? { proxy: true, maxIpsCount: 1 } : {})
  const auth = xwmsForKoa(kit)
  const guard = auth.protect(protect)
  app.silent = true
  if (parsers === 'before') app.use(bodyParser())
  app.use(prefix === '' ? auth : mount(prefix, auth))
  if (parsers === 'after') app.use(bodyParser())
  app.use((context, next) => (context.path === '/orders' ? guard(context, next) : next()))
  app.use(answer)
  return { kit: auth.kit, listener: app.callback() }
}

const answer: Middleware = async (context: Context) => {
  if (context.path === '/host') {
    context.body = 'host'
  } else if (context.path === '/orders') {
    const { client, domain, requestId, concerns } = context.xwms
    if (typeof context.query.sub === 'string') concerns(context.query.sub)
    if (context.query.fails !== undefined) context.throw(410, 'gone')
    const body = context.req.readableDidRead
      ? context.request.body
      : JSON.parse((await text(context.req)) || 'null')
    context.body = { client: client.name, domain: domain.host, requestId, ip: context.ip, body }
  } else {
    context.status = 404
    context.body = 'nothing here'
  }
}
