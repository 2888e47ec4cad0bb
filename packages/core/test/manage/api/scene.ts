import type { KitOptions } from '../../../src/config/options.ts'
import type { ClientInput } from '../../../src/manage/clients.ts'
import type { User } from '../../../src/model/user.ts'
import { ROLES, type Role } from '../../../src/model/workspace.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { AUDIT } from '../../context/surroundings.ts'
import { type Asked, type Installation, ISSUER, installation, type Registered } from '../../installation.ts'
import { approvedCode } from '../../oauth/approved.ts'
import { token } from '../../oauth/partner.ts'

/** The management API, by its resource indicator. */
export const MANAGEMENT = `${ISSUER}/manage/v1`

/** What the management API answered. */
export interface Managed {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly text: string
  /** Where it is no text. */
  readonly bytes: Buffer | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

/** An installation with a workspace, its client, and tokens for managing it. */
export interface Scene extends Installation {
  readonly shop: Registered
  readonly workspaceId: string
  /** A token of the client's own. Default scope: `manage`. */
  token(form?: Readonly<Record<string, string>>, of?: Registered, over?: Asked): Promise<string>
  /** A token that a user with a role in the workspace gave to the client; without a role, somebody who is no member. */
  tokenOf(role: Role | undefined, scope?: string, resource?: string): Promise<string>
  /** Asks about something below the workspace, such as `/plan`. */
  manage(accessToken: string, path: string, asked?: Asked & { readonly method?: string }): Promise<Managed>
}

const SUBS: Readonly<Record<Role | 'nobody', string>> = {
  owner: '4711',
  admin: '4712',
  developer: '4713',
  billing: '4714',
  viewer: '4715',
  nobody: '4716',
}

export async function scene(
  options: Partial<KitOptions> = {},
  client: Partial<ClientInput> = {},
  over?: (storage: Storage) => Storage,
): Promise<Scene> {
  const xwms = installation(options, over)
  const workspaceId = await workspaceOfAllRoles(xwms)
  const shop = await xwms.client({ workspaceId, ...client })
  const users = new Map<string, User>()

  async function redeem(of: Registered, form: Readonly<Record<string, string>>, asked?: Asked) {
    const { status, body } = await token(xwms, of, form, asked)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body.access_token as string
  }

  return {
    ...xwms,
    shop,
    workspaceId,
    token: (form = {}, of = shop, asked = {}) =>
      redeem(of, { grant_type: 'client_credentials', scope: 'manage', resource: MANAGEMENT, ...form }, asked),
    async tokenOf(role = undefined, scope = 'manage', resource = MANAGEMENT) {
      const sub = SUBS[role ?? 'nobody']
      const user = users.get(sub) ?? (await xwms.user({ sub, email: `${sub}@example.com` }))
      users.set(sub, user)
      const code = await approvedCode(xwms, shop.client, user, {
        scopes: ['openid', scope],
        parameters: { resource },
      })
      return redeem(shop, code)
    },
    async manage(accessToken, path, { method = 'GET', headers, ...asked } = {}) {
      const answer = await xwms.ask(method, `/manage/v1/workspaces/${workspaceId}${path}`, {
        ...asked,
        headers: { authorization: `Bearer ${accessToken}`, ...headers },
      })
      const isJson = /\bjson\b/.test(String(answer.headers['content-type']))
      return {
        status: answer.status,
        headers: answer.headers,
        text: answer.body,
        bytes: answer.bytes,
        body: isJson ? JSON.parse(answer.body) : undefined,
      }
    },
  }
}

/** Beside its first owner nobody comes into a workspace yet but through the storage. */
async function workspaceOfAllRoles({ storage, now }: Installation): Promise<string> {
  const id = 'ws_acme'
  await storage.workspaces.create(
    {
      id,
      name: 'Acme',
      plan: 'enterprise',
      planStatus: 'active',
      monthlyRequestCap: undefined,
      monthlySpendCapNanoEuro: undefined,
      billing: undefined,
      createdAt: now(),
    },
    ROLES.map(role => ({ workspaceId: id, sub: SUBS[role], role, createdAt: now() })),
    AUDIT,
  )
  return id
}
