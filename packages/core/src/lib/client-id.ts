const CLIENT_ID = /^[\x21-\x7E]{1,128}$/
const DOCUMENT = /^https:\/\/[\x21-\x7E]{1,504}$/

/** Whether a text can be a client id at all: printable ASCII. What cannot is not worth a question to the storage. */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text) || DOCUMENT.test(text)
}

/**
 * Whether a client id is the address of a document about the client (draft-ietf-oauth-client-id-metadata-document section 3):
 * https with a path, and no fragment, user name or password. It must be written as URL parsers write it, which leaves no
 * segments of dots, and one spelling for one client.
 */
export function isDocumentAddress(clientId: string): boolean {
  if (!DOCUMENT.test(clientId) || !URL.canParse(clientId)) return false
  const url = new URL(clientId)
  const bare = url.username === '' && url.password === '' && !clientId.includes('#')
  return bare && url.pathname !== '/' && url.href === clientId
}
