import t from 'tap'
import { pageResponse } from '../../../src/context/pages/page-response.ts'
import { surroundings } from '../surroundings.ts'

const READER = { request: { headers: {} }, query: new URLSearchParams() }

/** The directives of a page's content security policy. */
function policy(options?: Parameters<typeof pageResponse>[3]): Record<string, string> {
  const { headers } = pageResponse(surroundings(), READER, (_pages, base) => base.nonce, options)
  const directives = (headers['content-security-policy'] as string).split('; ')
  return Object.fromEntries(directives.map(directive => directive.split(/ (.*)/, 2))) as Record<
    string,
    string
  >
}

t.test('a page gets the name, the language and the nonce of its own policy', async t => {
  const context = surroundings({ application: { name: 'Acme ID', locale: 'nl' } })
  const response = pageResponse(context, READER, (_pages, base) => JSON.stringify(base))
  const { applicationName, locale, nonce } = JSON.parse(response.body)
  t.strictSame({ applicationName, locale }, { applicationName: 'Acme ID', locale: 'nl' })
  t.match(nonce, /^[\w-]{43}$/)
  const header = response.headers['content-security-policy'] as string
  t.equal(header.split(`'nonce-${nonce}'`).length - 1, 2, 'for its style and its script')
})

t.test('no two pages have the same nonce', async t => {
  const context = surroundings()
  const nonces = Array.from(
    { length: 20 },
    () => pageResponse(context, READER, (_pages, { nonce }) => nonce).body,
  )
  t.equal(new Set(nonces).size, 20)
})

t.test('a page loads nothing of others, is framed by nobody, and posts to ourselves alone', async t => {
  const { 'style-src': style, 'script-src': script, ...rest } = policy()
  t.strictSame(rest, {
    'default-src': "'none'",
    'img-src': "'self' https: data:",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    'base-uri': "'none'",
  })
  for (const sources of [style, script]) t.match(sources, /^'nonce-[\w-]{43}'$/)
})

t.test('a form may lead back to the client, and only to its origin', async t => {
  const table: [redirectUri: string, source: string][] = [
    ['https://shop.example.com/callback?a=b', 'https://shop.example.com'],
    ['https://shop.example.com:8443/callback', 'https://shop.example.com:8443'],
    ['http://127.0.0.1:49152/', 'http://127.0.0.1:49152'],
    ['http://[::1]:3000/x', 'http://[::1]:3000'],
    ['com.example.app:/callback', 'com.example.app:'],
    ['com.example.app://callback/x', 'com.example.app:'],
    // A redirect URI cannot bring further directives along.
    ["https://shop.example.com/;script-src 'unsafe-inline'", 'https://shop.example.com'],
  ]
  for (const [returnsTo, source] of table)
    t.equal(policy({ returnsTo })['form-action'], `'self' ${source}`, returnsTo)
})

t.test(
  'pages are not cached, sniffed, framed by old browsers, or named in the Referer of others',
  async t => {
    const response = pageResponse(surroundings(), READER, () => '<p>')
    t.match(response, {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      },
      body: '<p>',
    })
  },
)

t.test('a status and further header fields can be given', async t => {
  const options = { status: 422, headers: { 'set-cookie': 'a=b' } }
  const response = pageResponse(surroundings(), READER, () => '', options)
  t.equal(response.status, 422)
  t.equal(response.headers['set-cookie'], 'a=b')
  t.ok(response.headers['content-security-policy'])
})
