import type { KitOptions, RegistrationOptions } from '../../../src/config/options.ts'
import { createWorkspace } from '../../../src/manage/workspaces.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { type Asked, type Installation, installation } from '../../installation.ts'

export const REGISTER = '/oauth/register'
export const INITIAL_TOKEN = 'initial-access-token-of-at-least-32-characters'
export const REDIRECT_URI = 'https://app.example.com/callback'

/** A client as it registers by default: confidential, with a secret. */
export const METADATA = { redirect_uris: [REDIRECT_URI] }

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
export type Answer = { readonly status: number; readonly headers: any; readonly json: any }

/** An installation at which clients register themselves. */
export interface Registrar extends Installation {
  readonly workspaceId: string
  register(metadata?: object, asked?: Asked): Promise<Answer>
  /** Calls the client configuration endpoint. */
  configure(method: 'GET' | 'PUT' | 'DELETE', registered: Answer['json'], json?: object): Promise<Answer>
}

/** @param wrap wraps the storage that the endpoints use */
export async function registrar(
  over: Partial<RegistrationOptions> = {},
  options: Partial<KitOptions> = {},
  wrap: (storage: Storage) => Storage = storage => storage,
): Promise<Registrar> {
  const plain = installation()
  const workspace = await createWorkspace(plain.environment, {
    name: 'Newcomers',
    plan: 'enterprise',
    owner: '4711',
  })
  const installed = installation({
    ...options,
    oauth: {
      registration: { workspaceId: workspace.id, initialAccessTokens: [INITIAL_TOKEN], ...over },
      ...options.oauth,
    },
    storage: wrap(plain.storage),
  })
  const ask = async (method: string, asked: Asked): Promise<Answer> => {
    const { status, headers, body } = await installed.ask(method, REGISTER, asked)
    return { status, headers, json: body === '' ? undefined : JSON.parse(body) }
  }
  return {
    ...installed,
    storage: plain.storage,
    workspaceId: workspace.id,
    register: (metadata = METADATA, asked = {}) =>
      ask('POST', { json: metadata, headers: { authorization: `Bearer ${INITIAL_TOKEN}` }, ...asked }),
    configure: (method, { client_id, registration_access_token }, json) =>
      ask(method, {
        query: { client_id },
        headers: { authorization: `Bearer ${registration_access_token}` },
        ...(json && { json }),
      }),
  }
}
