import t from 'tap'
import { ConfigurationError } from '../src/errors.ts'
import type { TokenProtectOptions } from '../src/protect.ts'
import { installation } from './installation.ts'

function problemsOf(options: unknown, kitOptions = {}): readonly string[] {
  try {
    installation(kitOptions).kit.protect(options as TokenProtectOptions)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

t.test('a resource is a path of the issuer’s host, or an address', async t => {
  for (const resource of ['/', '/mcp', '/a/b', 'https://api.example.com', 'http://localhost:3000/mcp'])
    t.strictSame(problemsOf({ resource }), [], resource)
  for (const resource of ['', 'mcp', 'urn:example:mcp', '/mcp#a', 'https://api.example.com/#', 5, undefined])
    t.match(problemsOf({ resource }), [/^protect\.resource: must /], String(resource))
  t.match(problemsOf({ resource: '/mcp' }, { issuer: undefined }), [
    'protect.resource: a path needs the option issuer; set it, or give a URL',
  ])
})

t.test('every problem is named at once', async t => {
  t.match(problemsOf({ resource: 'mcp', scope: 'nothing', price: 'free', name: 'x' }), [
    /^protect\.name: /,
    /^protect\.price: /,
    /^protect\.scope: /,
    /^protect\.resource: /,
  ])
})

t.test('what are no options at all is refused as such', async t => {
  for (const given of [null, 'x', 5, [], ['resource'], () => {}])
    t.strictSame(problemsOf(given), ['protect: must be an object'], String(given))
})

t.test('limits are checked when the route is guarded', async t => {
  const limit = { per: 'ip', requests: 1, windowSeconds: 1, sliding: true }
  t.strictSame(problemsOf({ limits: [limit, { ...limit, per: 'client' }] }), [])
  t.strictSame(problemsOf({ resource: '/mcp', limits: [{ ...limit, per: 'user' }] }), [])
  const table: [limit: object, problem: RegExp][] = [
    [{ ...limit, per: 'user' }, /^protect\.limits\.0\.per: user needs the option resource/],
    [{ ...limit, per: 'host' }, /^protect\.limits\.0\.per: must be client, user or ip/],
    [{ ...limit, requests: 0 }, /^protect\.limits\.0\.requests: must be at least 1/],
    [{ ...limit, windowSeconds: 86_401 }, /^protect\.limits\.0\.windowSeconds: must be at most a day/],
    [{ ...limit, burst: 5 }, /^protect\.limits\.0/],
  ]
  for (const [given, problem] of table) t.match(problemsOf({ limits: [given] }), [problem])
  const route = 'protect.route: must be one line of text of at most 512 characters'
  for (const given of [5, 'x'.repeat(513), 'GET /a\0', 'GET /a\nb', 'GET /\ud800'])
    t.strictSame(problemsOf({ route: given }), [route])
  t.strictSame(problemsOf({ limits: [{ per: 'user', burst: 5 }, null] }), [
    'protect.limits.0.requests: must be a whole number',
    'protect.limits.0.windowSeconds: must be a whole number',
    'protect.limits.0.burst: is not an option; remove it or correct its name',
    'protect.limits.1: must be an object',
    'protect.limits.0.per: user needs the option resource; count clients or addresses instead',
  ])
  t.strictSame(problemsOf({ limits: 5 }), ['protect.limits: must be a list'])
  t.strictSame(problemsOf({ limits: [limit, { ...limit, windowSeconds: 2 }] }), [])
  t.strictSame(problemsOf({ limits: [limit, { ...limit, requests: 9, sliding: false }] }), [
    'protect.limits.1: limits.0 counts per ip and 1 seconds already; keep one of them',
  ])
  t.throws(() => installation().kit.protect({ price: 'none' }), /^This route cannot be protected:\n/)
})

t.test('a guarded resource can be asked for from then on', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const form = {
    grant_type: 'client_credentials',
    client_id: shop.client.id,
    client_secret: shop.value,
    resource: 'https://id.example.com/mcp',
  }
  t.match(JSON.parse((await xwms.ask('POST', '/oauth/token', { form })).body), { error: 'invalid_target' })
  xwms.kit.protect({ resource: '/mcp' })
  t.equal((await xwms.ask('POST', '/oauth/token', { form })).status, 200)
})
