import type { Stack } from './stack.ts'

/** A token for the management API of a client's own, by default to change things. */
export async function ownToken(
  { url, client, secret }: Pick<Stack, 'url' | 'client' | 'secret'>,
  form: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${secret.value}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'manage',
      resource: `${url}/manage/v1`,
      ...form,
    }),
  })
  const { access_token } = (await response.json()) as { access_token?: unknown }
  if (typeof access_token !== 'string') throw new Error(`The token endpoint answered ${response.status}.`)
  return access_token
}
