import { memory } from '@xwms/storage-memory'
import { exportJWK, generateKeyPair } from 'jose'
import t from 'tap'
import { createAuthority } from '../../../../test/support/certificate.ts'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { PLAIN_PAGES } from '../installation.ts'

const NEEDED = { storage: memory(), pages: PLAIN_PAGES }
const SECRET = 'x'.repeat(32)

function problems(options: object): readonly string[] {
  try {
    createConfig({ ...NEEDED, ...options } as KitOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const publicJwk = await exportJWK(publicKey)
const hosted = { kid: 'kms-1', alg: 'ES256', publicJwk, sign: async () => new Uint8Array() }
const { cert } = await createAuthority()

t.test('whatever is left out is off, or has its default', async t => {
  t.match(createConfig(NEEDED), {
    keys: { encryptionSecrets: [], hosted: [], rotateAfterSeconds: 7_776_000, publishAheadSeconds: 86_400 },
    oauth: {
      resources: {},
      authorizationDetails: {},
      registration: undefined,
      clientIdMetadataDocuments: undefined,
      tokenExchange: false,
      requireDpopNonce: false,
      mtlsBaseUrl: undefined,
    },
    outbound: { allowPrivateAddresses: false, timeoutSeconds: 5 },
  })
})

t.test('clients that come by themselves are bounded, whatever is left out', async t => {
  const { oauth } = createConfig({
    ...NEEDED,
    oauth: {
      registration: { workspaceId: 'ws_1', initialAccessTokens: [SECRET], maxClients: undefined },
      clientIdMetadataDocuments: { workspaceId: 'ws_1', scopes: ['openid'], unusedSeconds: 3600 },
    },
  })
  const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']
  t.strictSame(oauth.registration, {
    workspaceId: 'ws_1',
    initialAccessTokens: [SECRET],
    scopes,
    maxClients: 1000,
    unusedSeconds: 2_592_000,
  })
  t.strictSame(oauth.clientIdMetadataDocuments, {
    workspaceId: 'ws_1',
    scopes: ['openid'],
    maxClients: 1000,
    unusedSeconds: 3600,
  })
  t.ok(Object.isFrozen(oauth.registration?.initialAccessTokens))
})

t.test('a bad name hides no problem of what stands under it', async t => {
  const resources = { orders: { name: '', tokenFormat: 'xml', scopes: ['c d'] } }
  t.match(
    problems({ oauth: { resources, authorizationDetails: { '': 5 } }, scopes: { 'a b': 5 } }).toSorted(),
    [
      /^oauth\.authorizationDetails\.: must be an object with the functions/,
      /^oauth\.authorizationDetails\.: must not be empty/,
      /^oauth\.resources\.orders\.name: must not be empty/,
      /^oauth\.resources\.orders\.scopes\.0: must be one of/,
      /^oauth\.resources\.orders\.tokenFormat: must be one of/,
      /^oauth\.resources\.orders: /,
      /^scopes\.a b: must be a scope token/,
      /^scopes\.a b: must be text/,
    ],
  )
  t.strictSame(problems({ scopes: ['x'] }), ['scopes: must be an object'])
})

t.test('what works is accepted', async t => {
  class Kms {
    readonly kid = 'kms-2'
    readonly alg = 'ES256'
    readonly publicJwk = publicJwk
    readonly endpoint = 'https://kms.example.com'
    async sign() {
      return new Uint8Array()
    }
  }
  const detail = { describe: () => 'Pay', problem: () => undefined }
  const table: object[] = [
    { keys: { encryptionSecrets: [SECRET, SECRET], hosted: [hosted, new Kms()] } },
    { keys: { rotateAfterSeconds: 0, publishAheadSeconds: 86_400 } },
    {
      scopes: { 'orders:read': 'Read your orders' },
      oauth: {
        resources: {
          'https://api.example.com': {
            name: 'Orders',
            scopes: ['orders:read', 'openid'],
            tokenFormat: 'jwt',
          },
          'urn:example:api': {
            name: 'Other',
            signingAlgorithm: 'EdDSA',
            accessTokenSeconds: 60,
            requireSenderConstraint: true,
          },
        },
        authorizationDetails: { payment_initiation: detail },
        tokenExchange: true,
        requireDpopNonce: true,
        mtlsBaseUrl: 'https://mtls.example.com:8443/id',
      },
    },
    { outbound: { allowPrivateAddresses: true, ca: cert + cert, timeoutSeconds: 0.5 } },
  ]
  for (const options of table) t.strictSame(problems(options), [], JSON.stringify(options))
})

t.test('every problem is named at once, each with its option', async t => {
  const found = problems({
    keys: {
      encryptionSecrets: ['short', 7],
      hosted: [
        { ...hosted, alg: 'HS256' },
        { ...hosted, kid: '', publicJwk: await exportJWK(privateKey), sign: 'no' },
      ],
      rotateAfterSeconds: 1.5,
      rotate: true,
    },
    oauth: {
      resources: {
        '/api': { name: 'Orders' },
        'https://api.example.com/#top': { name: 'Orders' },
        'https://api.example.com': { name: '', scopes: ['nonsense'], tokenFormat: 'paseto' },
      },
      authorizationDetails: { payment: { describe: () => '' } },
      registration: { scopes: ['nonsense'], initialAccessTokens: [], maxClients: 0, unusedSeconds: 60 },
      clientIdMetadataDocuments: { workspaceId: '', initialAccessTokens: [SECRET] },
      tokenExchange: 'yes',
    },
    outbound: { ca: 'no certificate', timeoutSeconds: 0 },
    issuer: 'http://example.com',
  })
  const options = [
    'issuer',
    'keys.encryptionSecrets.0',
    'keys.encryptionSecrets.1',
    'keys.hosted.0.alg',
    'keys.hosted.1.kid',
    'keys.hosted.1.publicJwk',
    'keys.hosted.1.sign',
    'keys.rotate',
    'keys.rotateAfterSeconds',
    'oauth.authorizationDetails.payment',
    'oauth.clientIdMetadataDocuments.initialAccessTokens',
    'oauth.clientIdMetadataDocuments.workspaceId',
    'oauth.registration.initialAccessTokens',
    'oauth.registration.maxClients',
    'oauth.registration.scopes.0',
    'oauth.registration.unusedSeconds',
    'oauth.registration.workspaceId',
    'oauth.resources./api',
    'oauth.resources.https://api.example.com.name',
    'oauth.resources.https://api.example.com.scopes.0',
    'oauth.resources.https://api.example.com.tokenFormat',
    'oauth.resources.https://api.example.com/#top',
    'oauth.tokenExchange',
    'outbound.ca',
    'outbound.timeoutSeconds',
  ]
  const named = [...new Set(found.map(problem => problem.split(': ', 1)[0]))].sort()
  t.strictSame(named, options, found.join('\n'))
  for (const problem of found) t.notMatch(problem, /Invalid|expected/, problem)
  t.notMatch(found.join('\n'), /short/, 'no secret is shown')
})

t.test('no problem of a key hides behind another', async t => {
  const ec = hosted.publicJwk
  const found = problems({
    keys: {
      encryptionSecrets: 'one',
      hosted: [
        hosted,
        { kid: 'kms-1', alg: 'RS256', publicJwk: ec, sign: 'no' },
        { ...hosted, kid: 7, alg: 'RS256' },
        { ...hosted, kid: 'kms-1', alg: 'none', publicJwk: { kty: 'EC', crv: 'P-256', x: '!' } },
        'a key',
        undefined,
      ],
      rotateAfterSeconds: 'soon',
    },
  })
  t.strictSame([...found].map(problem => problem.split(': ', 1)[0]).sort(), [
    'keys.encryptionSecrets',
    'keys.hosted.1.kid',
    'keys.hosted.1.publicJwk.kty',
    'keys.hosted.1.sign',
    'keys.hosted.2.kid',
    'keys.hosted.2.publicJwk.kty',
    'keys.hosted.3.alg',
    'keys.hosted.3.kid',
    'keys.hosted.3.publicJwk.x',
    'keys.hosted.3.publicJwk.y',
    'keys.hosted.4',
    'keys.hosted.5',
    'keys.rotateAfterSeconds',
  ])
})

t.test('the address for certificates is one that paths can be put behind', async t => {
  const bad = [
    'mtls.example.com',
    'http://mtls.example.com',
    'https://mtls.example.com/',
    'https://mtls.example.com/id/',
    'https://mtls.example.com?a=b',
    'https://mtls.example.com#top',
    'https://me@mtls.example.com',
    'https://MTLS.example.com',
  ]
  for (const mtlsBaseUrl of bad)
    t.match(problems({ oauth: { mtlsBaseUrl } }), [/^oauth\.mtlsBaseUrl: must be like https:/], mtlsBaseUrl)
})

t.test('keys of the host must fit their algorithm and be told apart', async t => {
  t.match(problems({ keys: { hosted: [{ ...hosted, alg: 'RS256' }] } }), [
    /^keys\.hosted\.0\.publicJwk\.kty: must have the kty RSA/,
  ])
  t.match(problems({ keys: { hosted: [hosted, hosted] } }), [/^keys\.hosted\.1\.kid: must not be that/])
})

t.test('a key is published before it signs, while another one does', async t => {
  t.match(problems({ keys: { rotateAfterSeconds: 3600, publishAheadSeconds: 3600 } }), [
    /^keys\.publishAheadSeconds: must be less than rotateAfterSeconds/,
  ])
  t.match(problems({ keys: { rotateAfterSeconds: 3600 } }), [/^keys\.publishAheadSeconds/])
  const both = { encryptionSecrets: ['short'], rotateAfterSeconds: 3600 }
  t.match(
    problems({ keys: both }),
    [/^keys\.encryptionSecrets\.0/, /^keys\.publishAheadSeconds/],
    'beside others',
  )
  t.match(problems({ keys: { rotateAfterSeconds: '3600' } as object }), [/^keys\.rotateAfterSeconds/])
  t.match(problems({ keys: 'none' } as object), [/^keys: /])
})
