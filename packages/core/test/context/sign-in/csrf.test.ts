import { createHmac } from 'node:crypto'
import t from 'tap'
import { checkCsrf, csrfToken } from '../../../src/context/sign-in/csrf.ts'
import type { HttpHeaders } from '../../../src/http/request.ts'
import { ISSUER } from '../../installation.ts'
import { callWith, surroundings } from '../surroundings.ts'

const COOKIE = '__Host-xwms_csrf'
const OWN = { 'sec-fetch-site': 'same-origin', origin: ISSUER }

/** A form that was shown in a browser: its token, and the browser's cookie. */
function shown(purpose = 'sign-in 1') {
  const { token, headers } = csrfToken(surroundings(), callWith(), purpose)
  const value = new RegExp(`^${COOKIE}=([\\w-]{43});`).exec(headers['set-cookie'] ?? '')?.[1] as string
  return { token, value, cookie: `${COOKIE}=${value}` }
}

function accepts(headers: HttpHeaders, given: string, purpose = 'sign-in 1', baseUrl = ISSUER): boolean {
  try {
    checkCsrf(callWith({ baseUrl, request: { headers } }), purpose, given)
    return true
  } catch (error) {
    t.match(error, { name: 'HttpError', status: 403, code: 'csrf_failed' })
    return false
  }
}

t.test('a form that comes from its own page in its own browser is taken', async t => {
  const { token, cookie } = shown()
  const ways: HttpHeaders[] = [
    OWN,
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: ISSUER },
    // An old browser, or a script of a test: it has the token alone.
    {},
  ]
  for (const headers of ways) t.ok(accepts({ cookie, ...headers }, token), JSON.stringify(headers))
})

t.test('a form from elsewhere is refused, even with the right token and cookie', async t => {
  const { token, cookie } = shown()
  const attacks: HttpHeaders[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', origin: ISSUER },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    // A sandboxed frame, and whatever else hides where it comes from.
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'something-new' },
    { 'sec-fetch-site': '' },
    { origin: 'https://evil.example' },
    { origin: 'https://id.example.com.evil.example' },
    { origin: 'https://sub.id.example.com' },
    { origin: 'https://example.com' },
    { origin: 'http://id.example.com' },
    { origin: 'https://id.example.com:8443' },
    { origin: `${ISSUER}/` },
    { origin: '' },
  ]
  for (const headers of attacks) t.notOk(accepts({ cookie, ...headers }, token), JSON.stringify(headers))
})

t.test('a form without the token of its browser is refused', async t => {
  const own = shown()
  const other = shown()
  const attacks: [name: string, cookie: string | undefined, token: string][] = [
    ['no cookie', undefined, own.token],
    ['another browser’s cookie', other.cookie, own.token],
    ['another browser’s token', own.cookie, other.token],
    ['no token', own.cookie, ''],
    ['the cookie for a token', own.cookie, own.value],
    ['a token cut short', own.cookie, own.token.slice(0, -1)],
    ['a token with more behind it', own.cookie, `${own.token}A`],
    [
      'a cookie without its prefix, as other hosts of the site can plant',
      `xwms_csrf=${own.value}`,
      own.token,
    ],
  ]
  for (const [name, cookie, token] of attacks) t.notOk(accepts({ cookie, ...OWN }, token), name)
})

t.test('the token of one form opens no other', async t => {
  const { token, cookie } = shown('sign-in 1')
  for (const purpose of ['sign-in 2', 'consent 1', 'consent sign-in 1', ''])
    t.notOk(accepts({ cookie, ...OWN }, token, purpose), purpose)
})

t.test('a browser keeps its cookie, and its forms in several tabs all work', async t => {
  const first = shown()
  const again = csrfToken(
    surroundings(),
    callWith({ request: { headers: { cookie: first.cookie } } }),
    'consent 2',
  )
  t.strictSame(again.headers, {})
  t.ok(accepts({ cookie: first.cookie, ...OWN }, first.token))
  t.ok(accepts({ cookie: first.cookie, ...OWN }, again.token, 'consent 2'))
})

t.test('a cookie that is none of ours is replaced', async t => {
  for (const value of ['', 'x', 'x'.repeat(42), 'x'.repeat(44), '!'.repeat(43)]) {
    const call = callWith({ request: { headers: { cookie: `${COOKIE}=${value}` } } })
    t.match(
      csrfToken(surroundings(), call, 'sign-in 1').headers,
      { 'set-cookie': /^__Host-xwms_csrf=[\w-]{43};/ },
      value,
    )
  }
})

t.test('a cookie that is none of ours proves nothing: its token could be worked out by anybody', async t => {
  for (const value of ['', 'x', 'x'.repeat(42), 'x'.repeat(44)]) {
    const token = createHmac('sha256', value).update('sign-in 1').digest('base64url')
    t.notOk(accepts({ cookie: `${COOKIE}=${value}`, ...OWN }, token), JSON.stringify(value))
  }
})

t.test('the cookie is out of reach of scripts and of other sites’ requests', async t => {
  const { headers } = csrfToken(surroundings(), callWith(), 'sign-in 1')
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'])
    t.ok(headers['set-cookie']?.split('; ').includes(attribute), attribute)
})

t.test('the token does not show the cookie', async t => {
  const { token, value } = shown()
  t.not(token, value)
  t.notOk(token.includes(value.slice(0, 10)))
})

t.test('the origin of an issuer with a path is its origin', async t => {
  const { token, cookie } = shown()
  t.ok(
    accepts({ cookie, origin: 'https://id.example.com' }, token, 'sign-in 1', 'https://id.example.com/auth'),
  )
})
