/** What the browser came back with: a token to verify, or the reason why there is none. */
export type SignInCallback =
  | { readonly token: string; readonly error?: undefined }
  | { readonly token?: undefined; readonly error: string }

/**
 * Reads the URL that a browser returns to after signing in.
 *
 * ```ts
 * const { token, error } = signInCallback(req.url)
 * ```
 *
 * @param url the whole URL, or only its path and query, as `req.url` of Node has it.
 * @returns `error` is the code that XWMS gave, such as `access_denied`, or `invalid_callback` when the URL holds no
 *   token or more than one. An error wins over a token.
 */
export function signInCallback(url: string | URL): SignInCallback {
  const base = 'https://callback.invalid'
  if (!URL.canParse(String(url), base)) return { error: 'invalid_callback' }

  const query = new URL(url, base).searchParams
  const error = query.get('error')
  if (error) return { error }

  const [token, ...others] = query.getAll('token')
  return token && others.length === 0 ? { token } : { error: 'invalid_callback' }
}
