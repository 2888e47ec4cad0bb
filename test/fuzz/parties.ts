// The clients under fire, made as their owner would.

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { type ClientInput, createClient, type ManageEnvironment } from '@xwms/core'
import { type Certificate, createAuthority, selfSigned } from '../support/certificate.ts'
import type { Json } from './draft.ts'
import { HOST_SCOPE } from './host-routes.ts'
import { DETAIL_TYPE, type PartyIntroduction, type PartyName, SCOPES } from './introduction.ts'

type JsonObject = { [name: string]: Json }

const CODE = ['authorization_code', 'refresh_token']
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ALL = [...CODE, 'client_credentials', DEVICE, EXCHANGE]
const WEB = 'https://shop.example.com/callback?shop=1'

/** A client as it is made, and what it keeps to itself. */
interface Plan {
  readonly input: Partial<ClientInput>
  readonly jwks?: readonly JsonObject[]
  readonly certificate?: Certificate
}

/**
 * @param workspaces that of the clients, and that of the one which the management API is to manage
 * @param farSide where the clients' own server will be
 */
export async function createParties(
  environment: ManageEnvironment,
  workspaces: { readonly own: string; readonly managed: string },
  farSide: string,
): Promise<Record<PartyName, PartyIntroduction>> {
  const plans = await planned(farSide)
  const parties: [string, PartyIntroduction][] = []
  for (const [name, plan] of Object.entries(plans)) {
    const { client, secret } = await createClient(environment, {
      workspaceId: name === 'resourceServer' ? workspaces.managed : workspaces.own,
      name: `${name} <&"'>`,
      redirectUris: [WEB, 'https://shop.example.com/other'],
      scopes: [...SCOPES, HOST_SCOPE],
      grantTypes: ALL,
      ...plan.input,
    })
    const { metadata } = client
    parties.push([
      name,
      {
        id: client.id,
        method: client.type === 'public' ? 'none' : methodOf(metadata.token_endpoint_auth_method),
        secret: secret?.value,
        jwks: plan.jwks ?? [],
        certificate: plan.certificate && derOf(plan.certificate),
        redirectUri: client.redirectUris[0] as string,
        grantTypes: client.grantTypes,
        scopes: client.scopes,
        bound: client.profile === 'fapi2' || metadata.dpop_bound_access_tokens === true,
        pushes: client.profile === 'fapi2',
      },
    ])
  }
  return Object.fromEntries(parties) as Record<PartyName, PartyIntroduction>
}

async function planned(farSide: string): Promise<Record<PartyName, Plan>> {
  const authority = await createAuthority()
  const openidKeys = [clientKey('ES256'), clientKey('EdDSA')]
  const signerKeys = [clientKey('EdDSA'), clientKey('ES256'), clientKey('PS256')]
  const fapiKeys = [clientKey('ES256'), clientKey('EdDSA')]
  const own = await selfSigned('CN=self, O=Example')
  return {
    shop: {
      input: {
        metadata: {
          post_logout_redirect_uris: [WEB, 'https://shop.example.com/left?a=b'],
          backchannel_logout_uri: `${farSide}/logout`,
          backchannel_logout_session_required: true,
          authorization_details_types: [DETAIL_TYPE],
        },
      },
    },
    openid: {
      input: {
        profile: 'openid',
        requirePkce: false,
        redirectUris: [WEB],
        metadata: {
          subject_type: 'pairwise',
          sector_identifier_uri: `${farSide}/good/sector`,
          id_token_signed_response_alg: 'EdDSA',
          userinfo_signed_response_alg: 'ES256',
          authorization_signed_response_alg: 'ES256',
          introspection_signed_response_alg: 'EdDSA',
          default_max_age: 100_000_000,
          jwks: publicKeys(openidKeys),
          post_logout_redirect_uris: [WEB],
        },
      },
      jwks: openidKeys,
    },
    app: {
      input: {
        type: 'public',
        redirectUris: ['com.example.app:/callback'],
        grantTypes: [...CODE, DEVICE],
        metadata: { dpop_bound_access_tokens: true },
      },
      // Of its device: it proves possession with them, and is known by none.
      jwks: [clientKey('ES256'), clientKey('EdDSA')],
    },
    signer: {
      input: {
        metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: publicKeys(signerKeys) },
      },
      jwks: signerKeys,
    },
    remote: {
      input: {
        profile: 'openid',
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: `${farSide}/good/jwks`,
          request_uris: [
            `${farSide}/good/request`,
            `${farSide}/bad/request`,
            'https://shop.example.com/request#1',
          ],
          backchannel_logout_uri: `${farSide}/logout`,
        },
      },
      jwks: signerKeys,
    },
    fapi: {
      input: {
        profile: 'fapi2',
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: publicKeys(fapiKeys),
          dpop_bound_access_tokens: true,
        },
      },
      jwks: fapiKeys,
    },
    mutualTls: {
      input: {
        metadata: {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_san_dns: 'mtls.example.com',
          tls_client_certificate_bound_access_tokens: true,
        },
      },
      certificate: await authority.client('CN=mtls', [{ type: 'dns', value: 'mtls.example.com' }]),
    },
    selfSigned: {
      input: {
        metadata: {
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          jwks: {
            keys: [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43), x5c: [derOf(own)] }],
          },
        },
      },
      certificate: own,
    },
    resourceServer: {
      input: {
        redirectUris: [],
        scopes: [...SCOPES, HOST_SCOPE, 'introspect'],
        grantTypes: ['client_credentials', EXCHANGE],
      },
    },
  }
}

function methodOf(method: string | undefined): PartyIntroduction['method'] {
  switch (method) {
    case 'private_key_jwt':
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return method
    default:
      return 'client_secret'
  }
}

/** A private key as its owner has it. */
function clientKey(alg: 'ES256' | 'EdDSA' | 'PS256'): JsonObject {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...(privateKey.export({ format: 'jwk' }) as JsonObject), kid: randomUUID(), alg, use: 'sig' }
}

export function publicKeys(keys: readonly JsonObject[]) {
  const publicOnes = keys.map(({ d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }) => key)
  return { keys: publicOnes as { kty: string }[] }
}

function derOf({ cert }: Certificate): string {
  return cert.replace(/-----[^-]+-----|\s/g, '')
}
