import t from 'tap'
import { readCookie, writeCookie } from '../../src/http/cookies.ts'

const TLS = { secure: true, path: '/auth' }
const PLAIN = { secure: false, path: '/auth' }

t.test('over TLS a cookie belongs to this host alone, and to its whole path', async t => {
  const [pair, ...attributes] = writeCookie('xwms_session', 'v-1', 60, TLS).split('; ')
  t.equal(pair, '__Host-xwms_session=v-1')
  t.strictSame(attributes.sort(), ['HttpOnly', 'Max-Age=60', 'Path=/', 'SameSite=Lax', 'Secure'])
})

t.test('without TLS a cookie has no prefix, is not secure and stays under the mount path', async t => {
  const [pair, ...attributes] = writeCookie('xwms_session', 'v-1', 60, PLAIN).split('; ')
  t.equal(pair, 'xwms_session=v-1')
  t.strictSame(attributes.sort(), ['HttpOnly', 'Max-Age=60', 'Path=/auth', 'SameSite=Lax'])
})

t.test('a cookie never names a domain: other hosts of the site must not get it', async t => {
  for (const scope of [TLS, PLAIN]) t.notMatch(writeCookie('a', 'b', 1, scope), /domain/i)
})

t.test('a cookie is found by its exact name', async t => {
  const table: [cookie: string | undefined, scope: typeof TLS, value: string | undefined][] = [
    [undefined, TLS, undefined],
    ['', TLS, undefined],
    ['__Host-s=1', TLS, '1'],
    ['a=0; __Host-s=1; b=2', TLS, '1'],
    ['__Host-s=', TLS, ''],
    // Planted from another host of the site, which cannot write the prefix.
    ['s=planted', TLS, undefined],
    ['s=planted; __Host-s=1', TLS, '1'],
    ['__Host-s=1', PLAIN, undefined],
    ['s=1', PLAIN, '1'],
    ['xs=1; sx=2; S=3', PLAIN, undefined],
    ['s', PLAIN, undefined],
    ['__proto__=1', PLAIN, undefined],
  ]
  for (const [cookie, scope, value] of table)
    t.equal(readCookie({ cookie }, 's', scope), value, `${cookie} ${scope.secure ? 'over TLS' : ''}`)
})

t.test('what is written is read back', async t => {
  for (const value of ['abc-_123', 'a b', 'ü', 'a;b=c']) {
    const [pair] = writeCookie('s', value, 1, TLS).split('; ')
    t.equal(readCookie({ cookie: pair }, 's', TLS), value)
  }
})
