// What is under fire: everything that can be switched on, and a user and clients with everything that they may have.

import { randomBytes } from 'node:crypto'
import {
  type AuthorizationDetailType,
  addDomain,
  closeMonth,
  createUser,
  createWorkspace,
  type FindCertificate,
  type ManageEnvironment,
  monthAfter,
  monthOf,
  type Plan,
  type Storage,
  type XwmsOptions,
} from '@xwms/core'
import { farDocuments } from './far-documents.ts'
import { type Documents, type FarSide, startFarSide } from './far-side.ts'
import { HOST_SCOPE } from './host-routes.ts'
import {
  CERTIFICATE,
  CERTIFICATE_VERIFIED,
  DETAIL_TYPE,
  type Introduction,
  RESOURCES,
} from './introduction.ts'
import { createParties } from './parties.ts'

/** Nothing is refused for its number. */
const PLAN: Plan = {
  title: 'Fuzz',
  monthlyFeeNanoEuro: 0,
  clients: undefined,
  domains: undefined,
  members: undefined,
  secrets: undefined,
  includedRequests: 1_000_000_000,
  hardCap: true,
  rateLimit: { requests: 1_000_000_000, windowSeconds: 1 },
}
const PLANS = { fuzz: PLAN }
const INVOICES = {
  seller: { name: 'Fuzz', addressLines: ['Canal 1'], country: 'NL' },
  vatBasisPoints: 2100,
}
const PASSWORD = 'correct horse battery staple'

/** As a host would write one: what `problem` lets through, `describe` can describe. */
const PAYMENT: AuthorizationDetailType = {
  describe: ({ amount }) => `Pay ${amount} euros`,
  problem: ({ amount }) => (typeof amount === 'number' && amount > 0 ? undefined : 'needs an amount'),
}

export interface Installation {
  /** The kit's options, but for those that depend on how it is run. */
  readonly options: XwmsOptions
  readonly introduction: Omit<Introduction, 'url'>
  readonly farSide: FarSide
}

/** Registers a user and clients in a storage, and starts the server that belongs to the clients. */
export async function install(storage: Storage, now: Date): Promise<Installation> {
  const environment: ManageEnvironment = {
    storage,
    plans: PLANS,
    scopes: undefined,
    now,
    actor: 'fuzz',
    ip: undefined,
  }
  const user = await createUser(environment, {
    email: 'ann@example.com',
    password: PASSWORD,
    givenName: 'Ann',
    test: true,
  })
  const workspace = await createWorkspace(environment, { name: 'Shop', plan: 'fuzz', owner: user.sub })
  // Another one, which may come to be without any request left.
  const managed = await createWorkspace(environment, { name: 'Managed', plan: 'fuzz', owner: user.sub })
  const documents: Record<string, Documents[string]> = {}
  const farSide = await startFarSide(documents)
  const parties = await createParties(environment, { own: workspace.id, managed: managed.id }, farSide.url)
  const { shop, remote } = parties
  Object.assign(documents, farDocuments(farSide.url, remote))
  const domain = await addDomain(environment, {
    clientId: shop.id,
    host: 'shop.example.com',
    mode: 'test',
    ipAllowlist: [],
    testUsersOnly: true,
  })
  const introduction = {
    clientId: shop.id,
    clientSecret: shop.secret ?? '',
    domain: domain.host,
    redirectUri: shop.redirectUri,
    workspaceId: managed.id,
    blockIds: await addBlocks(storage, managed.id, now),
    invoiceNumber: await addInvoice(storage, managed.id, now),
    sub: user.sub,
    email: user.email,
    password: PASSWORD,
    parties,
    initialAccessToken: randomBytes(32).toString('base64url'),
    farSide: farSide.url,
    documentClients: ['good/app', 'good/web', 'bad/app', 'bad/web'].map(path => `${farSide.url}/${path}`),
  }
  return { introduction, farSide, options: optionsOf(introduction, workspace.id, farSide.ca) }
}

/** The invoice of this month, as somebody closes it in the next one. */
async function addInvoice(storage: Storage, workspaceId: string, now: Date): Promise<string> {
  const month = monthOf(now)
  const environment = {
    storage,
    config: {
      plans: PLANS,
      prices: {},
      invoices: { ...INVOICES, vatByCountry: {}, numberPrefix: 'INV-', dueDays: 14 },
    },
    now: monthAfter(month),
    actor: 'fuzz',
    ip: undefined,
  }
  return (await closeMonth(environment, { workspaceId, month })).invoice.number
}

/** Blocks of addresses that nobody calls from. */
async function addBlocks(storage: Storage, workspaceId: string, now: Date): Promise<string[]> {
  const ids = ['blk_fuzz_1', 'blk_fuzz_2', 'blk_fuzz_3']
  for (const [index, id] of ids.entries()) {
    await storage.blocks.add({
      id,
      subject: `ip:secret 198.51.100.${index}`,
      answer: 'block',
      reason: 'secret_guessing',
      score: 100,
      workspaceId,
      clientId: undefined,
      exempt: [],
      createdAt: now,
      expiresAt: new Date(now.getTime() + 3_600_000),
      liftedAt: undefined,
      facts: {},
    })
  }
  return ids
}

function optionsOf(
  { parties, initialAccessToken }: Omit<Introduction, 'url'>,
  workspaceId: string,
  ca: string,
): XwmsOptions {
  const clientId = parties.resourceServer.id
  return {
    plans: PLANS,
    invoices: INVOICES,
    scopes: { [HOST_SCOPE]: 'See your orders' },
    // No request makes a key, and making one takes its time.
    keys: { rotateAfterSeconds: 0 },
    // What is gathered for valid requests stays good for as long as they are sent.
    lifetimes: {
      codeSeconds: 600,
      callbackTokenSeconds: 600,
      pushedRequestSeconds: 600,
      refreshGraceSeconds: 60,
    },
    // Everything comes from one address, and most of it is wrong.
    protection: false,
    management: { rateLimit: false },
    // Full after a lap or two, so that what grows after that is something else.
    credentialCache: { maxCallers: 200 },
    outbound: { allowPrivateAddresses: true, ca, timeoutSeconds: 3 },
    oauth: {
      resources: {
        [RESOURCES.opaque]: { name: 'API', clientId },
        [RESOURCES.jwt]: {
          name: 'Files',
          tokenFormat: 'jwt',
          scopes: [HOST_SCOPE],
          clientId,
          accessTokenSeconds: 600,
        },
      },
      authorizationDetails: { [DETAIL_TYPE]: PAYMENT },
      registration: { workspaceId, initialAccessTokens: [initialAccessToken], maxClients: 100_000 },
      clientIdMetadataDocuments: { workspaceId, maxClients: 10_000 },
      tokenExchange: true,
    },
    clientCertificate,
  }
}

/** As a proxy in front of the application would pass it on. */
function clientCertificate({ headers }: Parameters<FindCertificate>[0]): ReturnType<FindCertificate> {
  const certificate = headers[CERTIFICATE]
  if (typeof certificate !== 'string' || certificate === '') return undefined
  return { certificate, verified: headers[CERTIFICATE_VERIFIED] === 'yes' }
}
