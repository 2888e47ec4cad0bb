import t from 'tap'
import {
  hasPrompt,
  interactionDomain,
  interactionUrl,
  type NextStep,
  newInteraction,
  nextStep,
  type SignInFacts,
} from '../../../src/context/sign-in/interaction.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import type { Interaction } from '../../../src/model/authorization.ts'
import type { Approval, Client, Domain } from '../../../src/model/client.ts'
import type { Session, User } from '../../../src/model/user.ts'
import type { PlanStatus, Workspace } from '../../../src/model/workspace.ts'
import { NOW } from '../../installation.ts'
import { CLIENT, DOMAIN, surroundings, USER } from '../surroundings.ts'

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

const INTERACTION: Interaction = {
  hash: sha256('handle'),
  flow: 'authorization_code',
  clientId: CLIENT.id,
  domainId: DOMAIN.id,
  redirectUri: 'https://shop.example.com/callback',
  scopes: ['openid', 'email'],
  parameters: {},
  deniedAt: undefined,
  createdAt: later(-60),
  expiresAt: later(540),
}

const SESSION: Session = {
  idHash: sha256('session'),
  sid: 'sid_1',
  sub: USER.sub,
  authenticatedAt: later(-3600),
  amr: ['pwd'],
  createdAt: later(-3600),
  expiresAt: later(3600),
  ip: '203.0.113.10',
  userAgent: undefined,
}

const WORKSPACE: Workspace = {
  id: 'ws_1',
  name: 'Acme',
  plan: 'basic',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: NOW,
}

const NOTHING: Approval = { scopes: [], claims: [], resources: [], authorizationDetails: [] }

/** How a sign-in stands. What is left out is as it should be: somebody is signed in who approved everything. */
interface Situation {
  readonly interaction?: Partial<Interaction>
  readonly client?: Partial<Client>
  /** `null`: the workspace is gone. */
  readonly planStatus?: PlanStatus | null
  /** `null`: the client has no such domain. */
  readonly domain?: Partial<Domain> | null
  /** `null`: nobody is signed in. */
  readonly session?: Partial<Session> | null
  readonly user?: Partial<User>
  /** `null`: nothing was approved. */
  readonly approval?: (Partial<Approval> & { readonly at?: Date }) | null
  /** What is asked for beside scopes. */
  readonly asked?: Partial<Approval>
  readonly expected?: boolean
  readonly approvedHere?: boolean
}

function stepIn(situation: Situation): NextStep {
  const { client, planStatus = 'active', domain, session, user, approval, asked } = situation
  const { expected = true, approvedHere = false } = situation
  const interaction = { ...INTERACTION, ...situation.interaction }
  const { at = later(-3600), ...approved } = approval ?? {}
  const facts: SignInFacts = {
    client: { ...CLIENT, ...client },
    workspace: planStatus === null ? undefined : { ...WORKSPACE, planStatus },
    domain: domain === null ? undefined : { ...DOMAIN, ...domain },
    signedIn:
      session === null ? undefined : { session: { ...SESSION, ...session }, user: { ...USER, ...user } },
    expected,
    asked: { ...NOTHING, scopes: interaction.scopes, ...asked },
    approvedHere,
    approval:
      approval === null ? undefined : { ...NOTHING, scopes: INTERACTION.scopes, ...approved, updatedAt: at },
  }
  return nextStep(interaction, facts, NOW)
}

const asking = (parameters: Record<string, string>) => ({ interaction: { parameters } })
const DETAIL = '{"type":"payment"}'
const DETAILS = `[${DETAIL}]`
const AFTERWARDS = { authenticatedAt: later(-30) }

t.test('what stands between a browser and the answer', async t => {
  const table: [name: string, situation: Situation, step: NextStep][] = [
    ['nothing, where all is approved', {}, 'answer'],
    ['nothing, where the client has no such domain', { domain: null }, 'answer'],

    ['the end of the interaction', { interaction: { expiresAt: NOW } }, 'expired'],
    ['not its last second', { interaction: { expiresAt: later(1) } }, 'answer'],
    ['a refusal', { interaction: { deniedAt: later(-1) } }, 'refused'],

    ['rule 4: a disabled client', { client: { enabled: false } }, 'login_not_possible'],
    ['rule 4: an inactive plan', { planStatus: 'inactive' }, 'login_not_possible'],
    ['rule 4: a workspace that is gone', { planStatus: null }, 'login_not_possible'],
    ['rule 7: an inactive domain', { domain: { active: false } }, 'login_not_possible'],
    ['rule 8: a domain that may not sign in', { domain: { loginAllowed: false } }, 'login_not_possible'],
    ['not rule 9, which is for the API', { domain: { apiAllowed: false } }, 'answer'],

    ['somebody has to sign in', { session: null }, 'sign_in'],

    [
      'rule 11: a user who is no test user',
      { domain: { mode: 'test', testUsersOnly: true } },
      'user_not_allowed',
    ],
    [
      'not for a test user',
      { domain: { mode: 'test', testUsersOnly: true }, user: { test: true } },
      'answer',
    ],
    ['not where test mode serves everybody', { domain: { mode: 'test' } }, 'answer'],
    ['not in live mode', { domain: { mode: 'live', testUsersOnly: true } }, 'answer'],

    ['approval, where there is none', { approval: null }, 'consent'],
    ['approval of what is new', { approval: { scopes: ['openid'] } }, 'consent'],
    ['not of less than was approved', { approval: { scopes: ['openid', 'email', 'phone'] } }, 'answer'],
    ['approval even of nothing', { approval: null, interaction: { scopes: [] } }, 'consent'],
    ['approval of a claim', { asked: { claims: ['birthdate'] } }, 'consent'],
    [
      'not of one that was approved',
      { asked: { claims: ['a'] }, approval: { claims: ['b', 'a'] } },
      'answer',
    ],
    ['approval of a resource', { asked: { resources: ['https://api.example.com'] } }, 'consent'],
    [
      'not of one that was approved',
      { asked: { resources: ['https://a.example'] }, approval: { resources: ['https://a.example'] } },
      'answer',
    ],
    ['approval of a detail', asking({ authorization_details: DETAILS }), 'consent'],
    [
      'approval of a detail, whatever was approved before',
      { ...asking({ authorization_details: DETAILS }), approval: { authorizationDetails: [DETAIL] } },
      'consent',
    ],
    [
      'not of one that was approved here',
      { ...asking({ authorization_details: DETAILS }), approvedHere: true },
      'answer',
    ],
    [
      'what was approved here and taken back',
      { ...asking({ authorization_details: DETAILS }), approvedHere: true, approval: null },
      'consent',
    ],

    ['somebody else than expected', { expected: false }, 'sign_in'],
    ['somebody else, once signed in', { expected: false, session: AFTERWARDS }, 'sign_in'],
    ['a device asks again, whatever was approved', { interaction: { flow: 'device_code' } }, 'consent'],
    ['a device, approved here', { interaction: { flow: 'device_code' }, approvedHere: true }, 'answer'],

    ['prompt=login signs in anew', asking({ prompt: 'login' }), 'sign_in'],
    ['prompt=login, once done', { ...asking({ prompt: 'login' }), session: AFTERWARDS }, 'answer'],
    ['prompt=select_account too', asking({ prompt: 'select_account' }), 'sign_in'],
    [
      'prompt=select_account, once done',
      { ...asking({ prompt: 'select_account' }), session: AFTERWARDS },
      'answer',
    ],
    ['prompt=consent asks anew', asking({ prompt: 'consent' }), 'consent'],
    [
      'prompt=consent, once done',
      { ...asking({ prompt: 'consent' }), approval: { at: later(-30) } },
      'answer',
    ],
    ['prompt=login consent: first this', asking({ prompt: 'login consent' }), 'sign_in'],
    [
      'prompt=login consent: then that',
      { ...asking({ prompt: 'login consent' }), session: AFTERWARDS },
      'consent',
    ],
    ['prompt=none decides nothing here', asking({ prompt: 'none' }), 'answer'],
    ['a prompt that nobody knows', asking({ prompt: 'loginx create' }), 'answer'],

    ['max_age that has passed', asking({ max_age: '3599' }), 'sign_in'],
    ['max_age that has not', asking({ max_age: '3600' }), 'answer'],
    ['max_age=0', asking({ max_age: '0' }), 'sign_in'],
    ['max_age=0, once signed in', { ...asking({ max_age: '0' }), session: AFTERWARDS }, 'answer'],
  ]
  for (const [name, situation, step] of table) t.equal(stepIn(situation), step, name)
})

t.test('with everything wrong at once, each step comes in its turn', async t => {
  const wrong: Situation = {
    interaction: { expiresAt: NOW, deniedAt: NOW },
    client: { enabled: false },
    session: null,
    domain: { mode: 'test', testUsersOnly: true },
    approval: null,
  }
  t.equal(stepIn(wrong), 'expired')
  const { interaction, ...inTime } = wrong
  t.equal(stepIn({ ...inTime, interaction: { deniedAt: NOW } }), 'refused')
  t.equal(stepIn(inTime), 'login_not_possible')
  const { client, ...enabled } = inTime
  t.equal(stepIn(enabled), 'sign_in')
  const { session, ...signedIn } = enabled
  t.equal(stepIn(signedIn), 'user_not_allowed')
  t.equal(stepIn({ ...signedIn, user: { test: true } }), 'consent')
  t.equal(stepIn({ ...signedIn, user: { test: true }, approval: {} }), 'answer')
})

t.test('a new interaction lives for its time, and is stored under a hash of its handle', async t => {
  const context = surroundings({ lifetimes: { interactionSeconds: 90 } })
  const asked = {
    flow: 'sign_token' as const,
    clientId: CLIENT.id,
    domainId: undefined,
    redirectUri: 'https://shop.example.com/callback',
    scopes: [],
    parameters: {},
  }
  const { handle, interaction } = newInteraction(context, asked)
  t.match(interaction, { ...asked, createdAt: NOW, expiresAt: later(90), deniedAt: undefined })
  t.equal(interaction.hash, sha256(handle))
  t.notMatch(JSON.stringify(interaction), handle)
  t.ok(Buffer.from(handle, 'base64url').length >= 16, 'at least 128 bits')
  t.not(newInteraction(context, asked).handle, handle)
})

t.test('a handle cannot leave its place in a URL', async t => {
  t.equal(
    interactionUrl('https://id.example.com/auth', '/sign-in', 'a-b_c', { parameters: {} }),
    'https://id.example.com/auth/sign-in?interaction=a-b_c',
  )
  t.equal(
    interactionUrl('https://id.example.com', '/x', 'a&b=c#d', { parameters: { ui_locales: 'de' } }),
    'https://id.example.com/x?interaction=a%26b%3Dc%23d&ui_locales=de',
  )
})

t.test('the domain is the one that asked, or the one that the browser returns to', async t => {
  const domains = [DOMAIN, { ...DOMAIN, id: 'dom_2', host: 'other.example.com' }]
  const table: [domainId: string | undefined, redirectUri: string, found: string | undefined][] = [
    [undefined, 'https://shop.example.com/callback', 'dom_1'],
    [undefined, 'https://SHOP.example.com:8443/callback?a=b', 'dom_1'],
    [undefined, 'https://shop.example.com./callback', 'dom_1'],
    [undefined, 'https://other.example.com/', 'dom_2'],
    [undefined, 'https://sub.shop.example.com/', undefined],
    [undefined, 'com.example.app:/callback', undefined],
    [undefined, 'no address', undefined],
    ['dom_2', 'https://shop.example.com/callback', 'dom_2'],
    ['dom_gone', 'https://shop.example.com/callback', undefined],
  ]
  for (const [domainId, redirectUri, found] of table)
    t.equal(
      interactionDomain({ domains }, { flow: 'authorization_code', domainId, redirectUri })?.id,
      found,
      `${domainId}, ${redirectUri}`,
    )
  const device = {
    flow: 'device_code' as const,
    domainId: undefined,
    redirectUri: 'https://shop.example.com/device',
  }
  t.equal(interactionDomain({ domains }, device), undefined)
})

t.test('a prompt is a list of words', async t => {
  t.ok(hasPrompt('login consent', 'consent'))
  t.notOk(hasPrompt('loginconsent', 'login'))
  t.notOk(hasPrompt('', 'login'))
  t.notOk(hasPrompt(undefined, 'login'))
})
