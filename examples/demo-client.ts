import { addDomain, createClient, createUser, createWorkspace, type IssuedSecret, type Kit } from '@xwms/core'

/**
 * A client that may call at once, on this machine: what `xwms user create`, `workspace create`, `client create` and `domain add` make.
 * @returns its credentials, as the header fields of a request
 */
export async function createDemoClient(kit: Kit, scope: string): Promise<Readonly<Record<string, string>>> {
  const { storage, plans, scopes, now } = kit.config
  const environment = { storage, plans, scopes, now: now(), actor: 'demo', ip: undefined }
  const { sub } = await createUser(environment, { email: 'robin@example.com' })
  const { id: workspaceId } = await createWorkspace(environment, {
    name: 'Paper Plane',
    plan: 'enterprise',
    owner: sub,
  })
  const { client, secret } = await createClient(environment, {
    workspaceId,
    name: 'Paper Shop',
    scopes: [scope],
    grantTypes: ['client_credentials'],
  })
  // In test mode: plain http will do, and nothing is billed.
  await addDomain(environment, { clientId: client.id, host: 'localhost', mode: 'test' })
  return {
    'X-Client-Id': client.id,
    'X-Client-Secret': (secret as IssuedSecret).value,
    'X-Client-Domain': 'localhost',
  }
}

/** What to paste into a terminal to make a request. */
export function curlLine(url: string, headers: Readonly<Record<string, string>>): string {
  const fields = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`)
  return ['curl', url, ...fields].join(' ')
}
