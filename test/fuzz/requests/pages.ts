import type { Pair } from '../draft.ts'
import { ISSUER } from '../introduction.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import { type Content, type Contents, perhaps } from './content.ts'
import { someAddress } from './registration.ts'

/** Hashing a password is slow by design: few requests come as far as that. */
const HASHING = 0.003

export const PAGES: Contents = {
  'GET /oauth/authorize/resume': resumption,
  'GET /sign-token/resume': resumption,
  'GET /sign-in': ({ signInForms, cookie }, random) => {
    if (random.chance(0.2)) return { query: [['return_to', 'account']], headers: { cookie } }
    const { interaction, cookie: own } = random.pick(signInForms)
    return {
      query: [['interaction', interaction], ...perhaps(random, 0.3, 'switch', '1')],
      headers: { cookie: own },
    }
  },
  'POST /sign-in': signIn,
  'GET /consent': ({ consentForms }, random) => {
    const { interaction, cookie } = random.pick(consentForms)
    return { query: [['interaction', interaction]], headers: { cookie } }
  },
  'POST /consent': ({ consentForms }, random) => {
    const { interaction, csrfToken, cookie } = random.pick(consentForms)
    return {
      headers: { cookie },
      form: [
        ['interaction', interaction],
        ['csrf_token', csrfToken],
        ['decision', random.chance(0.8) ? 'allow' : 'deny'],
      ],
    }
  },
  'GET /oauth/logout': (material, random) => logoutRequest(material, random, 'query'),
  'POST /oauth/logout': (material, random) => logoutRequest(material, random, 'form'),
  'POST /oauth/logout/confirm': ({ logoutForm, logouts, clientId, redirectUri }, random) => {
    const ends = random.chance(0.05)
    const { cookie, csrfToken } = ends ? random.pick(logouts) : logoutForm
    return {
      headers: { cookie },
      query: random.chance(0.3)
        ? [
            ['client_id', clientId],
            ['post_logout_redirect_uri', redirectUri],
            ...perhaps(random, 0.5, 'state', 'a state'),
          ]
        : [],
      form: [
        ['csrf_token', csrfToken],
        ['decision', ends ? 'confirm' : 'cancel'],
      ],
    }
  },
  'GET /device': ({ holdings }, random) => ({
    query: [['user_code', random.pick(['BCDF-GHJK', 'bcdf ghjk', ...holdings.app.userCodes])]],
  }),
  'POST /device': ({ deviceForm, holdings }, random) => ({
    headers: { cookie: deviceForm.cookie, 'x-forwarded-for': someAddress(random) },
    form: [
      ['csrf_token', deviceForm.csrfToken],
      ['user_code', random.pick(['BCDF-GHJK', ...holdings.app.userCodes, ...holdings.shop.userCodes])],
    ],
  }),
  'GET /device/resume': ({ deviceApprovals }, random) => {
    const { query, cookie } = random.pick(deviceApprovals)
    return { query: random.chance(0.5) ? [...query] : query.slice(0, 1), headers: { cookie } }
  },
  'GET /account': ({ accountForm }, random) => ({
    query: perhaps(random, 0.5, 'done', random.pick(['access_removed', 'signed_out_elsewhere'])),
    headers: { cookie: accountForm.cookie },
  }),
  'POST /account': ({ accountForm, documentClients, logouts }, random) => ({
    headers: { cookie: accountForm.cookie },
    form: [
      ['csrf_token', accountForm.csrfToken],
      random.pick<Pair>([
        ['revoke', 'cl_unknown'],
        ['revoke', documentClients[0] ?? ''],
        ['end_session', 'sid_unknown'],
        ['end_session', random.chance(0.1) ? sessionOf(random.pick(logouts).idToken) : ''],
        ['decision', 'nothing'],
      ]),
    ],
  }),
  'GET /signed-out': ({ cookie }, random) => ({ headers: { cookie: random.chance(0.5) ? cookie : '' } }),
  'GET /error': (_material, random) => ({
    query: [['error', random.pick(['access_denied', 'login_expired', 'user_not_allowed'])]],
  }),
}

function signIn({ signInForms, ownSignInForm, email, password }: Material, random: Random): Content {
  const own = random.chance(0.2)
  const { interaction, csrfToken, cookie } = own ? ownSignInForm : random.pick(signInForms)
  return {
    query: own ? [['return_to', 'account']] : [],
    headers: { cookie, origin: ISSUER },
    form: [
      ...(interaction === undefined ? [] : [['interaction', interaction] as Pair]),
      ['csrf_token', csrfToken],
      ['login', email],
      ...perhaps(random, HASHING, 'password', password),
      ...perhaps(random, 0.05, 'decision', 'cancel'),
    ],
  }
}

/** An ID token together with the cookie of its session ends it, so there are sessions for this alone. */
function logoutRequest(material: Material, random: Random, kind: 'query' | 'form'): Content {
  const ends = random.pick(material.logouts)
  const others = random.pick(material.holdings.shop.tokens)?.idToken ?? ''
  const cookie = random.chance(0.5) ? ends.cookie : random.chance(0.6) ? random.pick(material.sessions) : ''
  const idToken = random.chance(0.7) ? ends.idToken : others
  const hinted = random.chance(0.5)
  const parameters: Pair[] = [
    ...(hinted ? [['id_token_hint', idToken] as Pair] : []),
    ['client_id', material.clientId],
    ...perhaps(random, 0.5, 'post_logout_redirect_uri', material.redirectUri),
    ...perhaps(random, 0.5, 'state', 'a state'),
    ...perhaps(random, 0.2, 'logout_hint', material.email),
    ...perhaps(random, 0.2, 'ui_locales', 'nl en'),
  ]
  return { [kind]: parameters, headers: { cookie } }
}

function resumption({ consentForms, signInForms }: Material, random: Random): Content {
  const { interaction, cookie } = random.pick(random.chance(0.5) ? consentForms : signInForms)
  return { query: [['interaction', interaction]], headers: { cookie } }
}

function sessionOf(idToken: string): string {
  const { sid } = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString())
  return sid
}
