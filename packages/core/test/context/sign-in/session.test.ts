import t from 'tap'
import { currentSession, endSession, startSession } from '../../../src/context/sign-in/session.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import { ISSUER, NOW } from '../../installation.ts'
import { AUDIT, callWith, surroundings, USER } from '../surroundings.ts'

const COOKIE = '__Host-xwms_session'

/** Ada, with a clock that can be moved. */
async function withAda() {
  let now = NOW
  const context = surroundings({ now: () => now })
  await context.storage.users.create(USER, AUDIT)
  return {
    context,
    pass: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000)
    },
  }
}

const cookieValue = (setCookie: string) => /^[^=]+=([^;]*)/.exec(setCookie)?.[1] as string
const withCookie = (cookie: string) => callWith({ request: { headers: { cookie } } })

t.test('a session is found by its cookie, which carries 256 random bits and says nothing else', async t => {
  const { context } = await withAda()
  const setCookie = await startSession(context, callWith(), USER, ['pwd'])
  t.match(setCookie, /^__Host-xwms_session=[\w-]{43}; /)
  const { sessionSeconds } = context.config.lifetimes
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', `Max-Age=${sessionSeconds}`])
    t.ok(setCookie.split('; ').includes(attribute), attribute)

  const signedIn = await currentSession(context, withCookie(`${COOKIE}=${cookieValue(setCookie)}`))
  t.match(signedIn, {
    user: { sub: USER.sub },
    session: {
      sub: USER.sub,
      amr: ['pwd'],
      authenticatedAt: NOW,
      createdAt: NOW,
      sid: /^sid_/,
      ip: '203.0.113.10',
    },
  })
})

t.test('the storage knows a hash of the cookie, and the sid opens nothing', async t => {
  const { context } = await withAda()
  const value = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  const session = await context.storage.sessions.find(sha256(value), NOW)
  t.ok(session)
  t.notMatch(JSON.stringify(session), value)
  for (const cookie of [session?.sid, session?.idHash])
    t.equal(await currentSession(context, withCookie(`${COOKIE}=${cookie}`)), undefined)
})

t.test('a session ends with its lifetime', async t => {
  const { context, pass } = await withAda()
  const value = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  const { sessionSeconds } = context.config.lifetimes
  pass(sessionSeconds - 1)
  t.ok(await currentSession(context, withCookie(`${COOKIE}=${value}`)))
  pass(1)
  t.equal(await currentSession(context, withCookie(`${COOKIE}=${value}`)), undefined)
})

t.test('nobody is signed in without the cookie, or with another value, or under another name', async t => {
  const { context } = await withAda()
  const value = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  const cookies = [
    '',
    `${COOKIE}=`,
    `${COOKIE}=${value}x`,
    `${COOKIE}=${value.slice(1)}`,
    `${COOKIE}=${value.toUpperCase()}`,
    // Another host of the site can plant a cookie without the prefix.
    `xwms_session=${value}`,
  ]
  for (const cookie of cookies) t.equal(await currentSession(context, withCookie(cookie)), undefined, cookie)
})

t.test('a user who was disabled, or is gone, is signed in no more', async t => {
  for (const found of [{ ...USER, disabledAt: NOW }, undefined]) {
    const context = surroundings({ accounts: { find: async () => found, signIn: async () => undefined } })
    const value = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
    t.equal(await currentSession(context, withCookie(`${COOKIE}=${value}`)), undefined)
  }
})

t.test('signing in changes the session id: one that was planted, or left by somebody else, ends', async t => {
  const { context } = await withAda()
  const before = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  const after = cookieValue(await startSession(context, withCookie(`${COOKIE}=${before}`), USER, ['pwd']))
  t.not(after, before)
  t.equal(await currentSession(context, withCookie(`${COOKIE}=${before}`)), undefined)
  t.ok(await currentSession(context, withCookie(`${COOKIE}=${after}`)))

  const planted = 'x'.repeat(43)
  const own = cookieValue(await startSession(context, withCookie(`${COOKIE}=${planted}`), USER, ['pwd']))
  t.not(own, planted)
  t.equal(await currentSession(context, withCookie(`${COOKIE}=${planted}`)), undefined)
})

t.test('signing in in one browser leaves the sessions of others alone', async t => {
  const { context } = await withAda()
  const phone = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  await startSession(context, callWith(), USER, ['pwd'])
  t.ok(await currentSession(context, withCookie(`${COOKIE}=${phone}`)))
})

t.test('on this machine without TLS, the cookie stays under the mount path', async t => {
  const { context } = await withAda()
  const call = callWith({ baseUrl: 'http://localhost:3000/auth', request: { mountPath: '/auth' } })
  const setCookie = await startSession(context, call, USER, ['pwd'])
  t.match(setCookie, /^xwms_session=[\w-]{43}; .*Path=\/auth/)
  t.notMatch(setCookie, /secure/i)
  const atRoot = await startSession(context, callWith({ baseUrl: 'http://localhost:3000' }), USER, ['pwd'])
  t.match(atRoot, /Path=\/(;|$)/)
})

t.test('what TLS means is decided by our address, not by what a caller says of it', async t => {
  const { context } = await withAda()
  const call = callWith({ baseUrl: ISSUER, request: { secure: false, origin: 'http://internal:8080' } })
  t.match(await startSession(context, call, USER, ['pwd']), /^__Host-.*Secure/)
})

t.test('a user agent is kept for the account page, and bounded', async t => {
  const { context } = await withAda()
  const call = callWith({ request: { headers: { 'user-agent': 'x'.repeat(5000) } } })
  const value = cookieValue(await startSession(context, call, USER, ['pwd']))
  t.equal((await context.storage.sessions.find(sha256(value), NOW))?.userAgent?.length, 512)
})

t.test('signing out ends the session and takes the cookie away', async t => {
  const { context } = await withAda()
  const value = cookieValue(await startSession(context, callWith(), USER, ['pwd']))
  const call = withCookie(`${COOKIE}=${value}`)
  const told: string[] = []
  const cookie = await endSession({ ...context, logouts: { notify: url => void told.push(url) } }, call)
  t.match(cookie, /^__Host-xwms_session=; Max-Age=0; /)
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'])
    t.ok(cookie.split('; ').includes(attribute), attribute)
  t.equal(await currentSession(context, call), undefined)
  t.strictSame(told, [ISSUER], 'the clients are told')
  t.match(await endSession(context, call), /^__Host-xwms_session=; Max-Age=0; /, 'twice is no error')
  t.match(await endSession(context, callWith()), /^__Host-xwms_session=; Max-Age=0; /)
})

t.test('whoever signs in after somebody else signs them out, for their clients too', async t => {
  const { context } = await withAda()
  const bob = { ...USER, sub: '4712', email: 'bob@example.com' }
  await context.storage.users.create(bob, { ...AUDIT, id: 'aud_2' })
  const told: string[] = []
  const noting = { ...context, logouts: { notify: (url: string) => void told.push(url) } }
  const value = cookieValue(await startSession(noting, callWith(), USER, ['pwd']))
  const again = cookieValue(await startSession(noting, withCookie(`${COOKIE}=${value}`), USER, ['pwd']))
  t.strictSame(told, [], 'the same person is not signed out')
  await startSession(noting, withCookie(`${COOKIE}=${again}`), bob, ['pwd'])
  t.strictSame(told, [ISSUER])
  t.equal(await currentSession(context, withCookie(`${COOKIE}=${again}`)), undefined)
})
