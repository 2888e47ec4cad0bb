const CLIENT_ID = /^[\x21-\x7E]{1,128}$/

/** Whether a text can be a client id at all: printable ASCII. What cannot is not worth a question to the storage. */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text)
}
