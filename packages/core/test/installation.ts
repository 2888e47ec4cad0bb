import { scryptSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { memory } from '@xwms/storage-memory'
import type { KitOptions } from '../src/config/options.ts'
import type { HttpBody, HttpHeaders, HttpRequest } from '../src/http/request.ts'
import type { HttpResponse } from '../src/http/response.ts'
import { createKit, type Kit } from '../src/kit.ts'
import { type ClientInput, createClient } from '../src/manage/clients.ts'
import { addDomain, type DomainInput } from '../src/manage/domains.ts'
import type { ManageEnvironment } from '../src/manage/environment.ts'
import { createWorkspace } from '../src/manage/workspaces.ts'
import type { Client, Domain, Secret } from '../src/model/client.ts'
import type { Pages } from '../src/model/page.ts'
import type { User } from '../src/model/user.ts'
import type { Storage } from '../src/storage/storage.ts'
import { SIGNING_KEYS } from './signing-keys.ts'

export const NOW = new Date('2026-03-04T05:06:07.089Z')
export const ISSUER = 'https://id.example.com'
export const CALLBACK = 'https://shop.example.com/callback'
export const PASSWORD = 'correct horse battery staple'

/** A hash of {@link PASSWORD} that costs next to nothing; what hashing promises is tested in lib/password.test.ts. */
const CHEAP_HASH = (() => {
  const salt = Buffer.alloc(16, 7)
  const hash = scryptSync(PASSWORD, salt, 32, { N: 2, r: 1, p: 1 })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=1,r=1,p=1$${base64(salt)}$${base64(hash)}`
})()

/** Pages that say what they were given, so that tests read values instead of HTML. */
export const PLAIN_PAGES: Pages = {
  signIn: view => JSON.stringify({ page: 'sign-in', ...view }),
  consent: view => JSON.stringify({ page: 'consent', ...view }),
  device: view => JSON.stringify({ page: 'device', ...view }),
  logout: view => JSON.stringify({ page: 'logout', ...view }),
  message: view => JSON.stringify({ page: 'message', ...view }),
  account: view => JSON.stringify({ page: 'account', ...view }),
  formPost: view => JSON.stringify({ page: 'form-post', ...view }),
  error: view => JSON.stringify({ page: 'error', ...view }),
}

/** A line that was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Record<string, unknown>
  readonly message: string
}

/** What a request says; whatever is left out is that of an ordinary one. */
export interface Asked {
  readonly query?: Readonly<Record<string, string>> | string
  readonly headers?: HttpHeaders
  readonly form?: Readonly<Record<string, string>> | string
  readonly json?: unknown
  readonly body?: HttpBody
  readonly origin?: string
  readonly mountPath?: string
  readonly secure?: boolean
  readonly ip?: string
  readonly clientCertificate?: string
  readonly clientCertificateVerified?: boolean
  readonly hasLeft?: () => boolean
}

/** A registered client with the value of its first secret. */
export interface Registered {
  readonly client: Client
  readonly secret: Secret
  readonly value: string
  readonly domain: Domain
  /** The three credential headers. */
  readonly headers: Readonly<Record<string, string>>
}

/** A kit over storage in memory, with a clock that only the test moves. */
export interface Installation {
  readonly kit: Kit
  readonly storage: Storage
  readonly log: LogLine[]
  readonly environment: ManageEnvironment
  now(): Date
  /** Moves the clock on. */
  pass(seconds: number): void
  /** Asks the kit for a path, as an adapter does. */
  ask(method: string, path: string, asked?: Asked): Promise<HttpResponse>
  client(
    input?: Partial<ClientInput>,
    domain?: Partial<DomainInput>,
    workspace?: { readonly plan?: string },
  ): Promise<Registered>
  user(over?: Partial<User>): Promise<User>
  browser(): Browser
}

/** Follows redirects within the kit and keeps cookies. */
export interface Browser {
  readonly cookies: Map<string, string>
  get(url: string, headers?: HttpHeaders): Promise<Page>
  post(url: string, form: Readonly<Record<string, string>>, headers?: HttpHeaders): Promise<Page>
  /** Signs in on the sign-in page that it is given. */
  signIn(page: Page, user: User, password?: string): Promise<Page>
  /** Answers the consent page that it is given. */
  decide(page: Page, decision: 'allow' | 'deny'): Promise<Page>
}

/** Where a browser arrived. */
export interface Page {
  readonly url: URL
  readonly response: HttpResponse
  /** What the page was given; empty for a redirect to somebody else. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever a view holds.
  readonly view: any
}

/** @param over wraps the storage, for what should fail or be counted */
export function installation(
  options: Partial<KitOptions> = {},
  over: (storage: Storage) => Storage = storage => storage,
): Installation {
  let time = NOW.getTime()
  const now = () => new Date(time)
  const memoryStorage = memory()
  // In memory this is done as it is asked for.
  void memoryStorage.keys.ensure(SIGNING_KEYS, now())
  const storage = over(memoryStorage)
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const kit = createKit({
    issuer: ISSUER,
    storage,
    pages: PLAIN_PAGES,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    now,
    scopes: { 'orders:read': 'Read your orders', 'orders:write': 'Change your orders' },
    ...options,
  })
  const environment: ManageEnvironment = {
    storage,
    plans: kit.config.plans,
    scopes: kit.config.scopes,
    get now() {
      return now()
    },
    actor: 'test',
    ip: undefined,
  }

  async function ask(method: string, path: string, asked: Asked = {}): Promise<HttpResponse> {
    const match = kit.match(path, asked.mountPath ?? '')
    if (match === undefined) throw new Error(`The kit has nothing at ${path}.`)
    return kit.handle(match, requestTo(method, match, asked))
  }

  return {
    kit,
    storage,
    log,
    environment,
    now,
    pass(seconds) {
      time += seconds * 1000
    },
    ask,
    async client(input, domain, { plan = 'enterprise' } = {}) {
      const workspace = await createWorkspace(environment, { name: 'Acme', plan, owner: '4711' })
      const { client, secret } = await createClient(environment, {
        workspaceId: workspace.id,
        name: 'Shop',
        redirectUris: [CALLBACK],
        scopes: Object.keys(kit.config.scopes),
        ...input,
      })
      const host = 'shop.example.com'
      const added = await addDomain(environment, { clientId: client.id, host, mode: 'live', ...domain })
      return {
        client,
        // A public client has none; its tests do not ask.
        secret: secret?.secret as Secret,
        value: secret?.value as string,
        domain: added,
        headers: {
          'x-client-id': client.id,
          'x-client-secret': secret?.value ?? '',
          'x-client-domain': added.host,
        },
      }
    },
    async user(given) {
      const user: User = { ...ADA, createdAt: now(), updatedAt: now(), ...given }
      const { outcome } = await storage.users.create(user, {
        id: `aud_${user.sub}`,
        at: now(),
        actor: 'test',
        action: 'user.created',
        workspaceId: undefined,
        target: user.sub,
        ip: undefined,
        before: undefined,
        after: undefined,
      })
      if (outcome !== 'created') throw new Error(outcome)
      return user
    },
    browser: () => browser(kit.config.issuer ?? 'http://localhost:3000', ask),
  }
}

function requestTo(
  method: string,
  match: { readonly path: string; readonly mountPath: string },
  {
    query = '',
    headers = {},
    form,
    json,
    body,
    origin = ISSUER,
    secure = true,
    ip = '203.0.113.10',
    hasLeft = () => false,
    ...certificate
  }: Asked,
): HttpRequest {
  const sent =
    form !== undefined
      ? new URLSearchParams(form).toString()
      : json !== undefined
        ? JSON.stringify(json)
        : undefined
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  return {
    method,
    path: match.path,
    search: new URLSearchParams(query).toString(),
    headers: {
      ...(sent !== undefined && { 'content-type': type, 'content-length': String(Buffer.byteLength(sent)) }),
      ...headers,
    },
    origin,
    mountPath: match.mountPath,
    secure,
    ip,
    clientCertificate: certificate.clientCertificate,
    clientCertificateVerified: certificate.clientCertificateVerified,
    body: body ?? { state: 'unread', stream: Readable.from(sent !== undefined ? [Buffer.from(sent)] : []) },
    get hasLeft() {
      return hasLeft()
    },
  }
}

function browser(base: string, ask: Installation['ask']): Browser {
  const cookies = new Map<string, string>()
  const { origin } = new URL(base)

  async function load(method: string, url: URL, asked: Asked): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await ask(method, url.pathname, {
      ...asked,
      query: url.search.slice(1),
      headers: { ...(cookie && { cookie }), ...asked.headers },
      origin,
    })
    for (const line of [response.headers['set-cookie'] ?? []].flat()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) as RegExpExecArray
      cookies.set(name as string, value as string)
    }
    const location = response.headers.location
    if (typeof location === 'string') {
      const next = new URL(location, url)
      if (`${next}`.startsWith(base)) return load('GET', next, {})
      return { url: next, response, view: {} }
    }
    const html = String(response.headers['content-type']).startsWith('text/html')
    return { url, response, view: html ? JSON.parse(response.body) : {} }
  }

  const self: Browser = {
    cookies,
    get: (url, headers = {}) => load('GET', new URL(url, base), { headers }),
    post: (url, form, headers = {}) =>
      load('POST', new URL(url, base), {
        form,
        headers: { origin, 'sec-fetch-site': 'same-origin', ...headers },
      }),
    signIn: ({ view }, user, password = PASSWORD) =>
      self.post(view.action, {
        interaction: view.interaction ?? '',
        csrf_token: view.csrfToken,
        login: user.email,
        password,
        decision: 'submit',
      }),
    decide: ({ view }, decision) =>
      self.post(view.action, { interaction: view.interaction, csrf_token: view.csrfToken, decision }),
  }
  return self
}

const ADA: User = {
  sub: '9007199254740991',
  email: 'ada@example.com',
  emailVerified: true,
  passwordHash: CHEAP_HASH,
  name: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  picture: 'https://example.com/ada.png',
  birthDate: '1815-12-10',
  gender: 'female',
  secondEmail: undefined,
  phoneNumber: '+442079460000',
  country: 'GB',
  locale: 'en',
  socials: [],
  test: false,
  disabledAt: undefined,
  createdAt: NOW,
  updatedAt: NOW,
}
