import { type HttpResponse, redirectResponse } from '../../http/response.ts'

/** Sends the browser back to a client. The redirect URI keeps its own query, character by character (RFC 6749 section 3.1.2). */
export function redirectToClient(
  redirectUri: string,
  parameters: Readonly<Record<string, string | undefined>>,
): HttpResponse {
  const added = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) added.append(name, value)
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&'
  return redirectResponse(`${redirectUri}${separator}${added}`)
}
