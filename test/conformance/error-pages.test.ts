import { readFileSync } from 'node:fs'
import { createKit, type Match, StorageUnavailableError } from '@xwms/core'
import { pages } from '@xwms/pages'
import { memory } from '@xwms/storage-memory'
import type { Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { publish, site } from '../support/site.ts'
import { conformance, type Party, type Provider, REDIRECT_URI } from './provider.ts'
import { approve, begin } from './relying-party.ts'

const quiet = () => {}
const QUIET = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const ERRORS = new URL('../../docs/errors.md', import.meta.url)
const IMPOSSIBLE = JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:impossible'] } } })
const BODY_LIMIT_BYTES = 4096
/** More at once are not taken up. */
const DOCUMENTS_AT_ONCE = 16

/** Details that cannot be shown, because something of the host's fails. */
const FAILING: Readonly<Record<string, () => never>> = {
  broken() {
    throw new TypeError('The host made a mistake.')
  },
  away() {
    throw new StorageUnavailableError('The host has lost its storage.')
  },
}

interface Situation {
  readonly t: Test
  readonly provider: Provider
  /** A client that an operator made. */
  readonly party: Party
  /** One that came by itself, so that nobody is sent on to its site unasked. */
  readonly newcomer: Party
}

interface Shown {
  readonly status: number
  readonly headers: Headers
  readonly html: string
}

type Provoke = (situation: Situation) => Promise<Shown>

/** Opens an authorization request in a browser that was never here. */
const request =
  (over: Record<string, string | undefined>, whose: 'party' | 'newcomer' = 'party'): Provoke =>
  ({ provider, ...parties }) =>
    provider.browser().open(begin(provider, parties[whose], over).url)

/** Opens a page, or sends something there. */
const send =
  (path: string, init: RequestInit = {}): Provoke =>
  async ({ provider }) => {
    const response = await provider.fetch(provider.issuer + path, init)
    return { status: response.status, headers: response.headers, html: await response.text() }
  }

const post = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = 'application/x-www-form-urlencoded',
) => send(path, { method: 'POST', body, headers: { 'content-type': type } })

/** Signs in, and asks to approve what cannot be shown. */
const consentTo =
  (type: string): Provoke =>
  ({ provider, party }) => {
    const { url } = begin(provider, party, { authorization_details: JSON.stringify([{ type }]) })
    return approve(provider.browser(), url)
  }

/** A client whose id is the address of its document (draft-ietf-oauth-client-id-metadata-document). */
async function newcomerOf(t: Test, { authority }: Provider, metadata: object = {}): Promise<Party> {
  const documents: Record<string, unknown> = {}
  const id = `${await publish(t, authority, documents)}/client.json`
  const named = { client_id: id, client_name: 'Newcomer', redirect_uris: [REDIRECT_URI] }
  documents['/client.json'] = { ...named, ...metadata }
  return { id, redirectUri: REDIRECT_URI, secret: '', client: undefined as never }
}

/** Sends more newcomers than are looked up at once; answers what the last of them is shown. */
async function manyNewcomers({ t, provider, party }: Situation): Promise<Shown> {
  const held: (() => void)[] = []
  const origin = await site(t, provider.authority, (_, response) => void held.push(() => response.end()))
  const come = (number: number) =>
    provider.browser().open(begin(provider, { ...party, id: `${origin}/${number}.json` }).url)
  const others = Promise.all(Array.from({ length: DOCUMENTS_AT_ONCE }, (_, number) => come(number)))
  await eventually(
    async () => held.length,
    length => length === DOCUMENTS_AT_ONCE,
  )
  const last = await come(DOCUMENTS_AT_ONCE)
  for (const release of held) release()
  await others
  return last
}

/** Ada is signed in, and did not approve the newcomer. */
async function silently({ provider, party, newcomer }: Situation): Promise<Shown> {
  const browser = provider.browser()
  await approve(browser, begin(provider, party).url)
  return browser.open(begin(provider, newcomer, { prompt: 'none' }).url)
}

/** A newcomer that may connect devices alone. */
async function withoutGrant({ t, provider }: Situation): Promise<Shown> {
  const grant_types = ['urn:ietf:params:oauth:grant-type:device_code']
  const device = await newcomerOf(t, provider, { grant_types, response_types: [] })
  return provider.browser().open(begin(provider, device).url)
}

async function cancelled({ provider, newcomer }: Situation): Promise<Shown> {
  const browser = provider.browser()
  return browser.press(await browser.open(begin(provider, newcomer).url), 'login-cancel')
}

/** A kit that has no issuer, and is not on the caller's own machine. */
async function withoutIssuer(): Promise<Shown> {
  const kit = createKit({ storage: memory(), pages: pages(), logger: QUIET })
  const match = kit.match('/device', '') as Match
  const { status, headers, body } = await kit.handle(match, {
    method: 'GET',
    path: match.path,
    search: '',
    headers: {},
    origin: 'https://rp.example.com',
    mountPath: '',
    secure: true,
    ip: '203.0.113.1',
    body: { state: 'raw', bytes: '' },
    hasLeft: false,
  })
  await kit.close()
  return { status, headers: new Headers(headers as Record<string, string>), html: body }
}

/** Every code that a page of its own tells, in the order of where it comes from. */
const ERROR_PAGES: readonly (readonly [status: number, code: string, provoke: Provoke])[] = [
  // Nobody can be told but the person.
  [400, 'invalid_client', request({ client_id: 'cl_nobody' })],
  [400, 'invalid_redirect_uri', request({ redirect_uri: 'https://evil.example/' })],
  [400, 'invalid_request', send('/oauth/authorize?client_id=a&client_id=b')],
  [400, 'invalid_request_object', request({ request: 'nonsense', redirect_uri: undefined })],
  [
    400,
    'invalid_request_uri',
    request({ request_uri: 'urn:ietf:params:oauth:request_uri:x', redirect_uri: undefined }),
  ],
  [503, 'too_busy', manyNewcomers],

  // A sign-in that cannot go on.
  [403, 'access_denied', send('/error?error=access_denied')],
  [403, 'login_not_possible', send('/error?error=login_not_possible')],
  [403, 'user_not_allowed', send('/error?error=user_not_allowed')],
  [410, 'login_expired', send('/error?error=login_expired')],
  [404, 'unknown_error', send('/error?error=made_up')],
  [410, 'interaction_gone', send('/sign-in?interaction=unknown')],
  [410, 'interaction_gone', send('/consent?interaction=unknown')],
  [410, 'interaction_gone', send('/oauth/authorize/resume?interaction=unknown')],
  [403, 'csrf_failed', post('/device', 'user_code=BCDF-GHJK')],

  // A client of which nobody knows more than its own words.
  [400, 'invalid_request', request({ code_challenge: undefined }, 'newcomer')],
  [400, 'unsupported_response_type', request({ response_type: 'token' }, 'newcomer')],
  [400, 'invalid_scope', request({ scope: 'manage' }, 'newcomer')],
  [400, 'invalid_target', request({ resource: 'https://nowhere.example/' }, 'newcomer')],
  [
    400,
    'invalid_authorization_details',
    request({ authorization_details: '[{"type":"unknown"}]' }, 'newcomer'),
  ],
  [400, 'registration_not_supported', request({ registration: '{}' }, 'newcomer')],
  [400, 'unmet_authentication_requirements', request({ claims: IMPOSSIBLE }, 'newcomer')],
  [400, 'login_required', request({ prompt: 'none' }, 'newcomer')],
  [400, 'unauthorized_client', withoutGrant],
  [400, 'consent_required', silently],
  [400, 'access_denied', cancelled],

  // What may befall any page.
  [405, 'method_not_allowed', send('/device', { method: 'DELETE' })],
  [415, 'unsupported_media_type', post('/device', '{}', 'application/json')],
  [400, 'malformed_body', post('/device', new Uint8Array([0xff]))],
  [413, 'body_too_large', post('/device', 'x'.repeat(BODY_LIMIT_BYTES + 1))],
  [421, 'issuer_not_configured', withoutIssuer],
  [500, 'server_error', consentTo('broken')],
  [503, 'storage_unavailable', consentTo('away')],
]

await conformance(
  statement => {
    statement('PAGE-4', "Error pages name the error's code", async (t, provider) => {
      const party = await provider.client({ metadata: { authorization_details_types: Object.keys(FAILING) } })
      const newcomer = await newcomerOf(t, provider)
      for (const [status, code, provoke] of ERROR_PAGES) {
        const page = await provoke({ t, provider, party, newcomer })
        t.equal(page.status, status, code)
        t.match(page.headers.get('content-type'), /^text\/html/, code)
        t.match(page.html, `<code dir="auto">${code}</code>`, code)
        t.match(
          page.html,
          `<code dir="auto">${page.headers.get('x-request-id')}</code>`,
          `${code}: its request`,
        )
      }

      const shown = ERROR_PAGES.map(([, code]) => code)
      const section = /^## Sign-in pages .*?(?=^## )/ms.exec(readFileSync(ERRORS, 'utf8'))?.[0] ?? ''
      const documented = [...section.matchAll(/^\| \d+ +\| `(\w+)`/gm)].map(([, code = '']) => code)
      t.ok(documented.length > 5)
      // A form that was sent too often is shown again, and says it.
      t.strictSame(
        documented.filter(code => !shown.includes(code)),
        ['too_many_attempts'],
      )
    })
  },
  ({ workspaceId }) => ({
    // One of these errors is the host's, and belongs in a log.
    logger: QUIET,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    oauth: {
      clientIdMetadataDocuments: { workspaceId },
      authorizationDetails: Object.fromEntries(
        Object.entries(FAILING).map(([type, describe]) => [type, { describe, problem: () => undefined }]),
      ),
    },
  }),
)
