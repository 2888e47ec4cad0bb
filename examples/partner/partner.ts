import { fileURLToPath } from 'node:url'
import { signInCallback, XwmsClient, type XwmsClientOptions, XwmsError } from '@xwms/client'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { readOrders } from './orders.ts'
import { type Asked, signedInPage, signedOutPage } from './pages.ts'
import { createSessions, type Notice } from './sessions.ts'

/** What the partner app was given when it was registered with XWMS. */
export interface PartnerOptions extends Pick<XwmsClientOptions, 'clientId' | 'clientSecret' | 'domain'> {
  /** The application that has XWMS in it. */
  readonly xwmsUrl: string
  /** Exactly one of the redirect URIs that were registered. */
  readonly callbackUrl: string
}

/** What the pages are made of beside their HTML. */
const FILES = fileURLToPath(new URL('files', import.meta.url))

/**
 * A coffee shop that signs people in with XWMS, and reads its orders from the application of the roaster that has XWMS in
 * it. Everything that a partner app has to do is in this file; the secret never leaves it.
 */
export function createPartner(options: PartnerOptions): Express {
  const { xwmsUrl, callbackUrl, clientId, clientSecret, domain } = options
  const xwms = new XwmsClient({ baseUrl: `${xwmsUrl}/api/`, clientId, clientSecret, domain })
  const sessions = createSessions()
  const app = express()
  app.disable('x-powered-by')
  app.use((_req, res, next) => {
    res.set({
      // Chromium applies form-action to redirects too, and the form that signs in leads to XWMS.
      'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${xwmsUrl}; frame-ancestors 'none'; base-uri 'none'`,
      // The callback's URL holds a token, which is nobody else's business.
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    next()
  })

  app.use(express.static(FILES, { index: false }))

  app.get('/', async (req, res) => {
    const session = sessions.find(req)
    const notice = session?.notice
    if (session) session.notice = undefined
    if (!session?.user) return res.send(signedOutPage(notice))
    const [info, orders] = await Promise.all([
      asked(xwms.userInfo(session.user.sub, { socials: true })),
      asked(readOrders(options)),
    ])
    res.send(signedInPage({ user: session.user, info, orders }))
  })

  // 1. The browser is sent to XWMS, and its session notes that it was.
  app.post('/sign-in', async (req, res) => {
    const { url } = await xwms.signToken({ redirectUrl: callbackUrl })
    sessions.start(req, res, { awaitingCallback: true })
    res.redirect(303, url)
  })

  // 2. It comes back with a token, or with the reason why there is none.
  app.get('/callback', async (req, res) => {
    const session = sessions.find(req)
    if (!session?.awaitingCallback) {
      // Without this check, anybody could hand their own callback link to a person, who would then be signed in as them.
      if (!session?.user) sessions.start(req, res, { notice: NOT_FROM_HERE })
      return res.redirect(303, '/')
    }
    session.awaitingCallback = false
    const { token, error } = signInCallback(req.url)
    if (error !== undefined) {
      session.notice = NOTICES[error] ?? UNEXPECTED
    } else {
      sessions.start(req, res, { user: await xwms.verifySignToken(token) })
    }
    // Away from the URL with the token in it.
    res.redirect(303, '/')
  })

  app.post('/sign-out', (req, res) => {
    sessions.end(req, res)
    res.redirect(303, '/')
  })

  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (!(error instanceof XwmsError)) return next(error)
    sessions.start(req, res, { notice: { ...UNEXPECTED, text: error.message } })
    res.redirect(303, '/')
  })

  return app
}

/** What XWMS says in a callback without a token, in this shop's words. */
const NOTICES: Readonly<Record<string, Notice>> = {
  access_denied: {
    kind: 'chosen',
    title: 'You are not signed in',
    text: 'You chose not to, so nothing was shared with us. You can try again whenever you like.',
  },
  login_expired: {
    kind: 'problem',
    title: 'That took a little long',
    text: 'For your safety a sign-in ends after ten minutes. Please start again.',
  },
  user_not_allowed: {
    kind: 'problem',
    title: 'This account cannot be used here',
    text: 'We are still testing, and serve test users only.',
  },
}

const UNEXPECTED: Notice = {
  kind: 'problem',
  title: 'Signing in did not work',
  text: 'XWMS could not sign you in here just now. Please try again.',
}

const NOT_FROM_HERE: Notice = {
  kind: 'problem',
  title: 'This sign-in did not begin here',
  text: 'The link came from somewhere else, or cookies are blocked. Please start again with the button below.',
}

async function asked<Answer>(asking: Promise<Answer>): Promise<Asked<Answer>> {
  try {
    return { answer: await asking }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
