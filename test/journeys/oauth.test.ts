import { createClient, updateClient, updateDomain } from '@xwms/core'
import * as oidc from 'openid-client'
import type { Test } from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

// The client of these journeys is openid-client, which was not made for this server and believes nothing it is told.

const SCOPE = 'openid profile email offline_access'

/** The partner's side of the stack, found by discovery. */
function discover(stack: Stack, client = { id: stack.client.id, secret: stack.secret.value }) {
  return oidc.discovery(new URL(stack.url), client.id, client.secret, undefined, {
    execute: [oidc.allowInsecureRequests],
  })
}

/** A request that is ready to be sent, and what its answer will be checked against. */
async function authorizationRequest(config: oidc.Configuration, more: Record<string, string> = {}) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const expectedState = oidc.randomState()
  const expectedNonce = oidc.randomNonce()
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  })
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } }
}

/** Signs in and approves, as far as either is asked for. */
async function approve(browser: Browser, url: URL): Promise<Page> {
  let page = await browser.open(url)
  if (page.html.includes('login-submit'))
    page = await browser.press(page, 'login-submit', { login: 'ada@example.com', password: PASSWORD })
  return page.html.includes('consent-allow') ? browser.press(page, 'consent-allow') : page
}

async function signIn(stack: Stack, config: oidc.Configuration, browser = new Browser(stack.url)) {
  const { url, checks } = await authorizationRequest(config)
  const callback = await approve(browser, url)
  return { tokens: await oidc.authorizationCodeGrant(config, callback.url, checks), callback, checks }
}

/** The error that the server answered with. */
async function errorOf(t: Test, attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError)
      return error.error
    if (error instanceof oidc.WWWAuthenticateChallengeError) return error.cause[0]?.parameters.error
    throw error
  }
  t.fail('The server refused nothing.')
  return undefined
}

onEveryStack('a foreign OpenID client signs a person in', async (t, stack) => {
  const config = await discover(stack)
  t.equal(config.serverMetadata().issuer, stack.url)
  const browser = new Browser(stack.url)
  const { tokens } = await signIn(stack, config, browser)
  const claims = tokens.claims()
  t.equal(claims?.sub, stack.user.sub)
  t.equal(claims?.aud, stack.client.id)
  t.equal(tokens.scope, SCOPE)
  t.equal(tokens.expires_in, 3600)
  const user = await oidc.fetchUserInfo(config, tokens.access_token, stack.user.sub)
  t.match(user, {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    birthdate: '1815-12-10',
  })

  const silent = await authorizationRequest(config, { prompt: 'none' })
  const callback = await browser.open(silent.url)
  const again = await oidc.authorizationCodeGrant(config, callback.url, silent.checks)
  t.equal(again.claims()?.sub, stack.user.sub, 'the second time nobody is asked')
})

onEveryStack('refresh tokens rotate, and a replay ends the family', async (t, stack) => {
  const config = await discover(stack)
  const { tokens } = await signIn(stack, config)
  const first = tokens.refresh_token as string

  const parallel = await Promise.all(
    [1, 2, 3, 4].map(() => oidc.refreshTokenGrant(config, first, { scope: 'openid email' })),
  )
  const successors = new Set(parallel.map(({ refresh_token }) => refresh_token))
  t.equal(successors.size, 1, 'four refreshes at once get the same successor')
  t.not([...successors][0], first)
  for (const { access_token, scope } of parallel) {
    t.equal(scope, 'openid email', 'the scope can be narrowed')
    t.match(await oidc.fetchUserInfo(config, access_token, stack.user.sub), { email: 'ada@example.com' })
  }

  const second = [...successors][0] as string
  const third = (await oidc.refreshTokenGrant(config, second)).refresh_token as string
  t.not(third, second)
  stack.passes(11)
  t.equal(
    await errorOf(t, oidc.refreshTokenGrant(config, second)),
    'invalid_grant',
    'a replay after the grace',
  )
  t.equal(await errorOf(t, oidc.refreshTokenGrant(config, third)), 'invalid_grant', 'revokes the family')
  t.equal(
    await errorOf(t, oidc.fetchUserInfo(config, parallel[0]?.access_token as string, stack.user.sub)),
    'invalid_token',
    'with its access tokens',
  )
})

onEveryStack('a code works once, and its replay revokes what it gave', async (t, stack) => {
  const config = await discover(stack)
  const { tokens, callback, checks } = await signIn(stack, config)
  t.equal(await errorOf(t, oidc.authorizationCodeGrant(config, callback.url, checks)), 'invalid_grant')
  t.equal(await errorOf(t, oidc.fetchUserInfo(config, tokens.access_token, stack.user.sub)), 'invalid_token')
  t.equal(await errorOf(t, oidc.refreshTokenGrant(config, tokens.refresh_token as string)), 'invalid_grant')
})

onEveryStack(
  'a code is for the client, the browser and the minute that it was made for',
  async (t, stack) => {
    const config = await discover(stack)
    const browser = new Browser(stack.url)
    const request = await authorizationRequest(config)
    const callback = await approve(browser, request.url)

    const wrongVerifier = { ...request.checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
    t.equal(
      await errorOf(t, oidc.authorizationCodeGrant(config, callback.url, wrongVerifier)),
      'invalid_grant',
    )
    const other = await createClient(stack.environment, {
      workspaceId: stack.workspace.id,
      name: 'Another Shop',
      redirectUris: [REDIRECT_URI],
    })
    const theirs = await discover(stack, { id: other.client.id, secret: other.secret?.value ?? '' })
    t.equal(
      await errorOf(t, oidc.authorizationCodeGrant(theirs, callback.url, request.checks)),
      'invalid_grant',
    )
    const elsewhere = new URL(callback.url)
    elsewhere.pathname = '/elsewhere'
    t.equal(await errorOf(t, oidc.authorizationCodeGrant(config, elsewhere, request.checks)), 'invalid_grant')
    t.ok(await oidc.authorizationCodeGrant(config, callback.url, request.checks), 'none of which spent it')

    const late = await authorizationRequest(config)
    const lateCallback = await browser.open(late.url)
    stack.passes(61)
    t.equal(
      await errorOf(t, oidc.authorizationCodeGrant(config, lateCallback.url, late.checks)),
      'invalid_grant',
    )
  },
)

onEveryStack('a client acts for itself', async (t, stack) => {
  const config = await discover(stack)
  const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' })
  t.equal(tokens.scope, 'orders:read')
  t.equal(tokens.refresh_token, undefined)
  t.equal(tokens.id_token, undefined)
  t.equal(
    await errorOf(t, oidc.clientCredentialsGrant(config, { scope: 'openid' })),
    'invalid_scope',
    'but for nobody else',
  )
  const wrong = await discover(stack, { id: stack.client.id, secret: 'wrong' })
  t.equal(await errorOf(t, oidc.clientCredentialsGrant(wrong)), 'invalid_client')
  const basic = await oidc.discovery(
    new URL(stack.url),
    stack.client.id,
    undefined,
    oidc.ClientSecretBasic(stack.secret.value),
    { execute: [oidc.allowInsecureRequests] },
  )
  t.equal((await oidc.clientCredentialsGrant(basic, { scope: 'orders:read' })).scope, 'orders:read')
})

onEveryStack('what is wrong with a request is told to the client, by redirect', async (t, stack) => {
  const config = await discover(stack)
  const browser = new Browser(stack.url)
  const wrong: [parameters: Record<string, string>, error: string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ scope: 'nonsense' }, 'invalid_scope'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ max_age: 'soon' }, 'invalid_request'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ prompt: 'none' }, 'login_required'],
    [{ request: 'x.y.z' }, 'invalid_request_object'],
  ]
  for (const [parameters, error] of wrong) {
    const { url, checks } = await authorizationRequest(config, parameters)
    const { url: callback } = await browser.open(url)
    const told = Object.fromEntries(callback.searchParams)
    t.match(told, { error, state: checks.expectedState, iss: stack.url }, JSON.stringify(parameters))
    t.equal(await errorOf(t, oidc.authorizationCodeGrant(config, callback, checks)), error)
  }
  const refused = await authorizationRequest(config)
  const cancelled = await browser.press(await browser.open(refused.url), 'login-cancel')
  t.equal(cancelled.url.searchParams.get('error'), 'access_denied')
})

onEveryStack('a stranger, or a foreign address, is told nothing and sent nowhere', async (t, stack) => {
  const config = await discover(stack)
  const browser = new Browser(stack.url)
  const foreign: Record<string, string>[] = [
    { client_id: 'cl_nobody' },
    { redirect_uri: `${REDIRECT_URI}/` },
    { redirect_uri: 'https://evil.example/' },
    { redirect_uri: 'javascript:alert(1)' },
  ]
  for (const parameters of foreign) {
    const page = await browser.open((await authorizationRequest(config, parameters)).url)
    t.equal(page.status, 400)
    t.equal(page.url.origin, stack.origin)
    t.match(page.headers.get('content-type'), /^text\/html/)
  }
})

onEveryStack('a client or a domain that may not sign users in does not', async (t, stack) => {
  const config = await discover(stack)
  const browser = new Browser(stack.url)
  const target = { clientId: stack.client.id, domain: stack.domain.id }
  const answer = async () => {
    const { url } = await authorizationRequest(config)
    return (await browser.open(url)).url.searchParams.get('error')
  }
  const begun = await browser.open((await authorizationRequest(config)).url)
  await updateDomain(stack.environment, target, { loginAllowed: false })
  t.equal(await answer(), 'unauthorized_client')
  const stopped = await browser.press(begun, 'login-submit', { login: 'ada@example.com', password: PASSWORD })
  t.equal(stopped.url.searchParams.get('error'), 'unauthorized_client', 'one under way is stopped')
  await updateDomain(stack.environment, target, { loginAllowed: true })
  t.equal(await answer(), null)
  await updateClient(stack.environment, stack.client.id, { enabled: false })
  t.equal(await answer(), 'unauthorized_client')
})

onEveryStack('a public client needs no secret, and PKCE always', async (t, stack) => {
  const { client } = await createClient(stack.environment, {
    workspaceId: stack.workspace.id,
    name: 'An App',
    type: 'public',
    requirePkce: true,
    scopes: ['openid', 'email'],
    redirectUris: ['com.example.app:/callback'],
  })
  const config = await oidc.discovery(new URL(stack.url), client.id, undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  })
  const app = { redirect_uri: 'com.example.app:/callback', scope: 'openid email' }
  const { url, checks } = await authorizationRequest(config, app)
  const callback = await approve(new Browser(stack.url), url)
  t.equal(callback.url.protocol, 'com.example.app:')
  const tokens = await oidc.authorizationCodeGrant(config, callback.url, checks, {
    redirect_uri: app.redirect_uri,
  })
  t.equal(tokens.claims()?.sub, stack.user.sub)
  t.equal(await errorOf(t, oidc.clientCredentialsGrant(config)), 'unauthorized_client')
})
