/** How an authorization response reaches the client. */
export interface ResponseMode {
  /** By a form that the browser posts (OAuth 2.0 Form Post Response Mode); else in the query of a redirect. */
  readonly posts: boolean
  /** As a signed JWT (JARM). */
  readonly signed: boolean
}

/** The modes offered, by their wire names. No code travels in a fragment. */
const RESPONSE_MODES: Readonly<Record<string, ResponseMode>> = {
  query: { posts: false, signed: false },
  form_post: { posts: true, signed: false },
  // JARM section 2.3.4: the default of a code.
  jwt: { posts: false, signed: true },
  'query.jwt': { posts: false, signed: true },
  'form_post.jwt': { posts: true, signed: true },
}

export const RESPONSE_MODES_SUPPORTED = Object.keys(RESPONSE_MODES)

const QUERY = RESPONSE_MODES.query as ResponseMode

/** The mode that a request asks for; `undefined` for one that is not offered. */
export function responseModeOf(name: string | undefined): ResponseMode | undefined {
  if (name === undefined) return QUERY
  return Object.hasOwn(RESPONSE_MODES, name) ? RESPONSE_MODES[name] : undefined
}

/** The same, where an answer has to reach that address in any case. */
export function usableResponseMode(name: string | undefined, redirectUri: string): ResponseMode {
  const mode = responseModeOf(name) ?? QUERY
  return mode.posts && !isWebAddress(redirectUri) ? { ...mode, posts: false } : mode
}

/** Whether a form can be posted there; an app's own scheme gets nothing but an address. */
export function isWebAddress(redirectUri: string): boolean {
  return /^https?:/i.test(redirectUri)
}
