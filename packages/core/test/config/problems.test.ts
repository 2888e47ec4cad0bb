import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { PLAIN_PAGES } from '../installation.ts'

function problems(options: object): readonly string[] {
  try {
    createConfig({ storage: memory(), pages: PLAIN_PAGES, ...options } as KitOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}

const WRONG = [
  5,
  -1.5,
  'x',
  null,
  true,
  () => 1,
  new Date(Number.NaN),
  [],
  [5],
  [{}],
  {},
  { a: 5 },
  { a: {} },
]
const at = (path: string, value: unknown): object =>
  path
    .split('.')
    .reduceRight<unknown>((inner, name) => (name === '0' ? [inner] : { [name]: inner }), value) as object

/** A group of options, and members of it. */
const MEMBERS: Readonly<Record<string, string>> = {
  '': 'issuer mountPath storage pages accounts application projects plans prices invoices scopes lifetimes retention keys oauth outbound credentialCache meter requestLog rateLimitHeaders bodyLimitBytes protection onEvent logger now',
  application: 'name description version locale timezone documentationUrl',
  'projects.0': 'id title description image link isNew directRedirect publishedAt categories categories.0',
  'plans.p':
    'title monthlyFeeNanoEuro monthlyFeeNanoEuro.0 clients domains members secrets includedRequests hardCap rateLimit',
  'plans.p.rateLimit': 'requests windowSeconds sliding',
  'prices.p': '0 0.nanoEuro 0.from',
  invoices: 'seller vatBasisPoints vatByCountry vatByCountry.NL numberPrefix dueDays payments',
  'invoices.seller': 'name addressLines country vatId registration email paymentTerms',
  'invoices.vatByCountry.NL': 'basisPoints note',
  lifetimes: 'codeSeconds sessionSeconds refreshGraceSeconds',
  retention: 'eventDays requestLogDays everySeconds',
  keys: 'encryptionSecrets hosted hosted.0 rotateAfterSeconds',
  'keys.hosted.0': 'kid alg publicJwk sign',
  oauth: 'resources authorizationDetails registration clientIdMetadataDocuments tokenExchange mtlsBaseUrl',
  'oauth.resources.https://a': 'name scopes clientId exchangedFrom tokenFormat accessTokenSeconds',
  'oauth.registration': 'workspaceId scopes maxClients unusedSeconds initialAccessTokens',
  outbound: 'allowPrivateAddresses ca timeoutSeconds',
  credentialCache: 'maxCallers seconds',
  meter: 'commit whenUnavailable queueEvents outageSeconds',
  requestLog: 'successes',
  protection: 'windowSeconds clientsTried longestWaitSeconds',
}

t.test('whatever an option is given, what is wrong is said in words of our own', async t => {
  let told = 0
  for (const [group, members] of Object.entries(MEMBERS)) {
    for (const member of members.split(' ')) {
      const path = group === '' ? member : `${group}.${member}`
      for (const value of WRONG) {
        for (const problem of problems(at(path, value))) {
          told += 1
          t.notMatch(
            problem,
            /Invalid|expected|received|Too (?:small|big)|Unrecognized/,
            `${path}: ${problem}`,
          )
        }
      }
    }
  }
  t.ok(told > 500, String(told))
})

t.test('what is missing is said to be required', async t => {
  t.strictSame(problems({ invoices: {} }), [
    'invoices.seller: is required and must be an object',
    'invoices.vatBasisPoints: is required and must be a whole number of basis points: 2100 is 21 %',
  ])
  const plan = { title: 'P', monthlyFeeNanoEuro: 0, includedRequests: 0 }
  t.strictSame(problems({ plans: { p: plan } }), ['plans.p.hardCap: is required and must be true or false'])
  t.strictSame(problems({ plans: { p: { title: 'P', hardCap: false } } }), [
    'plans.p.monthlyFeeNanoEuro: is required and must be a whole number',
    'plans.p.includedRequests: is required and must be a whole number',
  ])
  t.strictSame(problems({ plans: { p: { ...plan, hardCap: 'no' } } }), [
    'plans.p.hardCap: must be true or false',
  ])
})
