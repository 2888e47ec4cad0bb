// Whoever tries too much waits (docs/abuse.md): over real frameworks and storages, and behind a proxy.

import { liftBlock } from '@xwms/core'
import { Browser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { PASSWORD } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

const PREFIXES = ['/auth']
const WRONG = { 'x-client-secret': 'xwms_sk_wrong' }
const FEW = { secretFailures: 3, clientsTried: 4, loginFailures: 2, firstWaitSeconds: 30 }

const orders = (stack: Stack, headers: Readonly<Record<string, string>>) =>
  fetch(`${stack.origin}/orders`, { headers }).then(async response => ({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  }))

onEveryStack(
  'guesses of a secret end in 429 on the host’s routes, the API and OAuth, and the client goes on',
  async (t, stack) => {
    t.equal((await orders(stack, stack.headers)).status, 200)
    for (let guess = 0; guess < FEW.secretFailures; guess++) {
      t.equal((await orders(stack, { ...stack.headers, ...WRONG })).status, 401)
    }
    const refused = await orders(stack, { ...stack.headers, ...WRONG })
    t.match(refused, { status: 429, body: { error: { code: 'too_many_attempts' } } })
    t.ok(Number(refused.retryAfter) > 0)
    t.equal((await stack.post('/api/global/countries', {}, { ...stack.headers, ...WRONG })).status, 429)
    const token = await fetch(`${stack.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: stack.client.id, client_secret: 'wrong' }),
    })
    t.equal(token.status, 429)
    t.match(await token.json(), { error: 'too_many_attempts' })
    t.equal((await orders(stack, stack.headers)).status, 200, 'who knows the secret is not concerned')

    const { storage } = stack.kit.config
    const blocks = await eventually(
      () => storage.blocks.list({ workspaceId: stack.workspace.id, limit: 10 }),
      found => found.length > 0,
    )
    const [block] = blocks
    const environment = { storage, now: new Date(), actor: 'test', ip: undefined }
    t.match(await liftBlock(environment, block?.id ?? ''), { outcome: 'lifted' })
    await eventually(
      async () => (await orders(stack, { ...stack.headers, ...WRONG })).status,
      status => status === 401,
    )
    const events = await eventually(
      () => storage.workspaceEvents.list({ workspaceId: stack.workspace.id, limit: 10 }),
      found => found.length > 0,
    )
    t.match(events, [{ type: 'abuse.secret_guessing', clientId: stack.client.id }])
  },
  { prefixes: PREFIXES, kit: { protection: FEW } },
)

onEveryStack(
  'without a proxy, an address in a header neither helps who guesses nor hurts whom it names',
  async (t, stack) => {
    const seen: number[] = []
    for (let guess = 0; guess <= FEW.clientsTried; guess++) {
      const claimed = `203.0.113.${guess}`
      const { status } = await orders(stack, {
        ...stack.headers,
        'x-client-id': `cl_${guess}`,
        'x-forwarded-for': claimed,
        'x-real-ip': claimed,
        forwarded: `for=${claimed}`,
      })
      seen.push(status)
    }
    t.strictSame(seen, [401, 401, 401, 401, 429])
    const [block] = await eventually(
      () => stack.kit.config.storage.blocks.active(new Date(0)),
      found => found.length > 0,
    )
    t.match(block?.subject, /^ip:secret 127\.0\.0\.1$/)
  },
  { prefixes: PREFIXES, kit: { protection: FEW } },
)

onEveryStack(
  'behind a proxy, what it did not write itself counts for nothing',
  async (t, stack) => {
    const from = (address: string, over: Record<string, string> = {}) =>
      orders(stack, { ...stack.headers, ...over, 'x-forwarded-for': address })
    for (let guess = 0; guess < FEW.clientsTried; guess++) {
      // The caller writes a field of its own, and the proxy adds where the request came from.
      t.equal((await from(`192.0.2.${guess}, 198.51.100.66`, { 'x-client-id': `cl_${guess}` })).status, 401)
    }
    t.equal(
      (await from('192.0.2.200, 198.51.100.66', { 'x-client-id': 'cl_x' })).status,
      429,
      'it is one caller',
    )
    for (const innocent of ['192.0.2.0', '192.0.2.1', '127.0.0.1']) {
      t.equal((await from(innocent)).status, 200, `${innocent}, in whose name it came`)
    }
  },
  { prefixes: PREFIXES, behindProxy: true, kit: { protection: FEW } },
)

onEveryStack(
  'the sign-in form says how long to wait, and lets in after that',
  async (t, stack) => {
    const browser = new Browser(stack.url)
    const form = await browser.open(`${stack.url}/sign-in?return_to=account`)
    const enter = (password: string) =>
      browser.press(form, 'login-submit', { login: 'ada@example.com', password })
    for (let guess = 0; guess < FEW.loginFailures; guess++) t.equal((await enter('wrong')).status, 422)
    const waiting = await enter(PASSWORD)
    t.equal(waiting.status, 429)
    t.match(waiting.html, /Too many attempts failed here\. Wait (29|30) seconds, and try again\./)
    t.ok(Number(waiting.headers.get('retry-after')) > 25)
    t.ok(waiting.html.includes('login-submit'), 'the form is there to try again')
    stack.passes(30)
    const entered = await enter(PASSWORD)
    t.equal(entered.status, 200)
    t.equal(entered.url.pathname, '/auth/account')
    t.ok(browser.cookieNames.includes('xwms_device'))
  },
  { prefixes: PREFIXES, kit: { protection: FEW } },
)
