import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  type Client,
  type ClientInput,
  createClient,
  createWorkspace,
  DEFAULT_PLANS,
  type Kit,
  type ManageEnvironment,
  type SigningKey,
  type Storage,
  type User,
  type XwmsOptions,
} from '@xwms/core'
import { xwms as xwmsForExpress } from '@xwms/express'
import { xwms as xwmsForKoa } from '@xwms/koa'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import t, { type Test } from 'tap'
import { Agent, fetch as fetchWith } from 'undici'
import { Browser } from '../support/browser.ts'
import { type Authority, type Certificate, createAuthority } from '../support/certificate.ts'
import { freshDatabase } from '../support/database.ts'
import { addUser, seed } from '../support/seed.ts'

/** The path of the issuer: providers with one are where addresses go wrong. */
const PREFIX = '/op'

/** An OpenID Provider over HTTPS, as the world sees it. */
export interface Provider {
  readonly kit: Kit
  readonly issuer: string
  /** The address of the host application. */
  readonly origin: string
  /** A route of the host's that takes access tokens: its address, and its resource indicator. */
  readonly resource: string
  readonly authority: Authority
  readonly environment: ManageEnvironment
  readonly workspaceId: string
  /** Ada, and Bob, who both have the same password. */
  readonly user: User
  readonly otherUser: User
  now(): Date
  /** Moves the provider's clock on. */
  passes(seconds: number): void
  /** Sends a request. A path is one of the issuer's. */
  ask(address: string, asked?: Asked): Promise<Answer>
  /** `fetch` that trusts the provider, for foreign clients. */
  readonly fetch: typeof fetch
  /** The same with a client's certificate, for mutual TLS. */
  fetchWith(certificate: Certificate): typeof fetch
  /** A browser that was never here before. */
  browser(): Browser
  client(input?: Partial<ClientInput>): Promise<Party>
}

/** A client as its developer has it. */
export interface Party {
  readonly client: Client
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string | undefined>> | URLSearchParams
  readonly json?: unknown
  /** The client's certificate, for mutual TLS. */
  readonly certificate?: Certificate
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text, where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

export const REDIRECT_URI = 'https://rp.example.com/callback'

/** Options of the kit, which may need to know where and among whom it will be. */
export type ProviderOptions = (
  provider: Pick<Provider, 'origin' | 'authority' | 'workspaceId'>,
) => Partial<XwmsOptions>

interface Variant {
  readonly name: string
  readonly mountOn: typeof mountOnExpress
  readonly open: () => Promise<{ readonly storage: Storage; drop(): Promise<void> }>
}

const EXPRESS_MEMORY: Variant = { name: 'Express, memory', mountOn: mountOnExpress, open: openMemory }
const EXPRESS_POSTGRES: Variant = { name: 'Express, PostgreSQL', mountOn: mountOnExpress, open: openPostgres }
const KOA_MEMORY: Variant = { name: 'Koa, memory', mountOn: mountOnKoa, open: openMemory }
const KOA_POSTGRES: Variant = { name: 'Koa, PostgreSQL', mountOn: mountOnKoa, open: openPostgres }

/** Tests what `docs/conformance.md` says under `id`, word for word. */
export type Statement = (
  id: string,
  text: string,
  show: (t: Test, provider: Provider) => Promise<void>,
) => void

/** Starts two providers for the statements of one file: each framework and each storage is one's. */
export async function conformance(
  state: (statement: Statement) => void,
  options: ProviderOptions = () => ({}),
): Promise<void> {
  const flows: Parameters<Flow>[] = []
  state((id, text, show) => void flows.push([`${id}: ${text}`, show]))
  await startEach([EXPRESS_MEMORY, KOA_POSTGRES], flows, options)
}

/** What a client and a provider do together. */
export type Flow = (name: string, show: (t: Test, provider: Provider) => Promise<void>) => void

/** Starts a provider of each framework over each storage for the flows of one file. */
export async function onEveryProvider(
  list: (flow: Flow) => void,
  options: ProviderOptions = () => ({}),
): Promise<void> {
  const flows: Parameters<Flow>[] = []
  list((...flow) => void flows.push(flow))
  await startEach([EXPRESS_MEMORY, EXPRESS_POSTGRES, KOA_MEMORY, KOA_POSTGRES], flows, options)
}

async function startEach(
  variants: readonly Variant[],
  flows: readonly Parameters<Flow>[],
  options: ProviderOptions,
): Promise<void> {
  t.setTimeout(180_000)
  const authority = await createAuthority()
  for (const variant of variants) {
    await t.test(variant.name, async t => {
      const provider = await start(t, variant, authority, options)
      for (const [name, show] of flows) await t.test(name, t => show(t, provider))
    })
  }
}

/** Of the first provider that a file starts, for the others: to make RSA keys takes longer than most statements. */
let signingKeys: readonly SigningKey[] = []

async function start(
  t: Test,
  { mountOn, open }: Variant,
  authority: Authority,
  options: ProviderOptions,
): Promise<Provider> {
  const { cert, key } = await authority.server()
  const server = createServer({ cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  const issuer = origin + PREFIX
  const resource = `${origin}/orders`
  const agents = new Map<string | undefined, Agent>()
  let passed = 0
  const now = () => new Date(Date.now() + passed * 1000)
  const { storage, drop } = await open()
  await storage.keys.ensure(signingKeys, now())
  // Before the kit, whose options may name it.
  const workspace = await createWorkspace(
    { storage, plans: DEFAULT_PLANS, scopes: undefined, now: now(), actor: 'test', ip: undefined },
    { name: 'Self-made clients', plan: 'enterprise', owner: '4711' },
  )
  const quiet = () => {}
  const { kit, listener } = mountOn(
    {
      issuer,
      storage,
      scopes: { 'orders:read': 'Read your orders', 'orders:write': 'Change your orders' },
      logger: {
        debug: quiet,
        info: quiet,
        warn: quiet,
        error: (fields, message) => console.error(message, fields),
      },
      outbound: { allowPrivateAddresses: true, ca: authority.cert },
      now,
      ...options({ origin, authority, workspaceId: workspace.id }),
    },
    resource,
  )
  server.on('request', listener)
  await kit.ready()
  if (signingKeys.length === 0) {
    await load()(`${issuer}/.well-known/jwks.json`)
    signingKeys = await storage.keys.list(now())
  }
  const { environment, user } = await seed(kit)
  const otherUser = await addUser(kit, {
    email: 'bob@example.com',
    givenName: 'Bob',
    familyName: 'Burke',
    test: true,
  })
  t.teardown(async () => {
    await Promise.all([...agents.values()].map(agent => agent.close()))
    server.closeAllConnections()
    await new Promise(closed => server.close(closed))
    await kit.close()
    await drop()
  })

  function load(certificate?: Certificate): typeof fetch {
    const agent =
      agents.get(certificate?.cert) ?? new Agent({ connect: { ca: authority.cert, ...certificate } })
    agents.set(certificate?.cert, agent)
    return ((url: URL, init: object) =>
      fetchWith(url, { ...init, dispatcher: agent })) as unknown as typeof fetch
  }

  return {
    kit,
    issuer,
    origin,
    resource,
    authority,
    get environment() {
      return { ...environment, now: now() }
    },
    workspaceId: workspace.id,
    user,
    otherUser,
    now,
    passes(seconds) {
      passed += seconds
    },
    async ask(address, { form, json, headers, certificate, method } = {}) {
      const sent = form !== undefined ? formOf(form) : json !== undefined ? JSON.stringify(json) : undefined
      const response = await load(certificate)(
        new URL(address.startsWith('/') ? issuer + address : address),
        {
          method: method ?? (sent === undefined ? 'GET' : 'POST'),
          headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
          ...(sent !== undefined && { body: sent }),
          redirect: 'manual',
        },
      )
      const text = await response.text()
      const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      }
    },
    fetch: load(),
    fetchWith: load,
    browser: () => new Browser(issuer, url => url, load()),
    async client(input = {}) {
      const { client, secret } = await createClient(
        { ...environment, now: now() },
        {
          workspaceId: workspace.id,
          name: 'Relying Party',
          redirectUris: [REDIRECT_URI],
          scopes: Object.keys(kit.config.scopes),
          profile: 'openid',
          ...input,
        },
      )
      return { client, id: client.id, secret: secret?.value ?? '', redirectUri: client.redirectUris[0] ?? '' }
    },
  }
}

function formOf(form: NonNullable<Asked['form']>): URLSearchParams {
  if (form instanceof URLSearchParams) return form
  return new URLSearchParams(
    Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined),
  )
}

async function openMemory() {
  return { storage: memory(), drop: async () => {} }
}

async function openPostgres() {
  const database = await freshDatabase()
  const storage = postgres({ connectionString: database.url, maxConnections: 4 })
  return { storage, drop: () => database.drop() }
}

function mountOnExpress(
  options: XwmsOptions,
  resource: string,
): { readonly kit: Kit; readonly listener: RequestListener } {
  const app = express()
  app.set('env', 'test')
  const auth = xwmsForExpress(options)
  app.use(auth)
  app.all('/orders', auth.protect({ resource, scope: 'orders:read' }), (request, response) => {
    response.json({ client: request.xwmsToken.client.id })
  })
  return { kit: auth.kit, listener: app }
}

function mountOnKoa(options: XwmsOptions, resource: string): ReturnType<typeof mountOnExpress> {
  const app = new Koa()
  app.silent = true
  const auth = xwmsForKoa(options)
  const guard = auth.protect({ resource, scope: 'orders:read' })
  app.use(auth)
  app.use(
    mount('/orders', async (context, next) =>
      guard(context, async () => {
        context.body = { client: context.xwmsToken.client.id }
        await next()
      }),
    ),
  )
  return { kit: auth.kit, listener: app.callback() }
}
