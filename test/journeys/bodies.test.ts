import type { Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { post, sendThenRead } from '../support/exchange.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

// The host's body parsers stand before the kit, behind it, or nowhere: nobody who calls can tell.

async function everyKindOfBody(t: Test, stack: Stack): Promise<void> {
  const send = async (path: string, type: string | undefined, body: string | undefined) => {
    const headers = type === undefined ? stack.headers : { ...stack.headers, 'content-type': type }
    const response = await fetch(stack.url + path, { method: 'POST', headers, body })
    return { status: response.status, body: await response.json() }
  }
  const json = JSON.stringify({ redirect_url: REDIRECT_URI, nested: { list: [1, null] } })
  t.match(await send('/api/sign-token', 'application/json', json), { status: 200 })
  t.match(await send('/api/sign-token', 'application/json; charset=utf-8', json), { status: 200 })
  t.match(await send('/api/global/countries', undefined, undefined), { status: 200 }, 'nothing at all')
  t.match(await send('/api/global/countries', 'application/json', ''), { status: 200 }, 'JSON of no length')
  t.match(await send('/api/sign-token', 'text/plain', json), {
    status: 415,
    body: { error: { code: 'unsupported_media_type' } },
  })
  t.match(await send('/api/sign-token', 'application/x-www-form-urlencoded', 'redirect_url=x'), {
    status: 415,
  })

  const grant = new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read' })
  grant.set('client_id', stack.client.id)
  grant.set('client_secret', stack.secret.value)
  const form = 'application/x-www-form-urlencoded'
  t.match(await send('/oauth/token', form, `${grant}`), { status: 200, body: { scope: 'orders:read' } })
  t.match(await send('/oauth/token', form, `${grant}&grant_type=refresh_token`), {
    status: 400,
    body: { error: 'invalid_request' },
  })
  const asJson = JSON.stringify(Object.fromEntries(grant))
  t.match(await send('/oauth/token', 'application/json', asJson), { body: { error: 'invalid_request' } })

  const browser = new Browser(stack.url)
  const { body } = await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })
  const login = await browser.open(body.data.url)
  const consent = await browser.press(login, 'login-submit', { login: 'ada@example.com', password: PASSWORD })
  t.match(consent.html, 'consent-allow', 'a form of a page')

  const own = await fetch(`${stack.origin}/orders`, {
    method: 'POST',
    headers: { ...stack.headers, 'content-type': 'application/json' },
    body: '{"mine":[1]}',
  })
  t.match(await own.json(), { body: { mine: [1] } }, 'the host’s own body reaches the host')
}

onEveryStack('bodies arrive without parsers', everyKindOfBody)
onEveryStack('bodies arrive through parsers that come before', everyKindOfBody, { parsers: 'before' })
onEveryStack('bodies arrive with parsers that come later', everyKindOfBody, { parsers: 'after' })

onEveryStack('a body that nobody could use is refused without harm', async (t, stack) => {
  const send = async (body: string | Uint8Array, more: Record<string, string> = {}) => {
    const response = await fetch(`${stack.url}/api/sign-token`, {
      method: 'POST',
      headers: { ...stack.headers, 'content-type': 'application/json', ...more },
      body,
    })
    const answer = (await response.json()) as { error: { code: string } }
    return [response.status, answer.error.code]
  }
  t.same(await send('{'), [400, 'malformed_body'])
  t.same(await send('[1]'), [400, 'malformed_body'])
  t.same(await send('"text"'), [400, 'malformed_body'])
  t.same(await send(Buffer.from([0x7b, 0xff, 0x7d])), [400, 'malformed_body'])
  t.same(await send('x'.repeat(70_000)), [413, 'body_too_large'])
  t.same(await send('{}', { 'content-encoding': 'gzip' }), [415, 'unsupported_media_type'])
  t.equal((await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })).status, 200)
})

onEveryStack('whoever sends too much learns it, however late he looks', async (t, stack) => {
  const { port, pathname } = new URL(`${stack.url}/oauth/authorize`)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const tooMuch = 'a'.repeat(5_000_000)
  const told = { ...form, 'content-length': String(tooMuch.length) }
  const untold = { ...form, 'transfer-encoding': 'chunked' }
  const chunked = `${tooMuch.length.toString(16)}\r\n${tooMuch}\r\n0\r\n\r\n`
  for (let round = 0; round < 5; round++) {
    t.match(
      await sendThenRead(Number(port), post(pathname, told, tooMuch)),
      /^HTTP\/1.1 413 [\s\S]*<\/html>\s*$/,
    )
    t.match(await sendThenRead(Number(port), post(pathname, untold, chunked)), /^HTTP\/1.1 413 /)
  }
  // The guard says no before anybody looks at the body, and the client wants the connection closed.
  const json = { 'content-type': 'application/json', 'content-length': String(tooMuch.length) }
  const guarded = new URL(`${stack.url}/api/sign-token`).pathname
  t.match(await sendThenRead(Number(port), post(guarded, json, tooMuch)), /^HTTP\/1.1 40[0-9] [\s\S]*\}$/)
  t.match(await sendThenRead(Number(port), post('/orders', json, tooMuch)), /^HTTP\/1.1 40[0-9] [\s\S]*\}$/)
})
