import type { HttpResponse } from './response.ts'

/** What the Fetch standard has a preflight request be made with (section 3.2.2, CORS-preflight request). */
export const PREFLIGHT_METHOD = 'OPTIONS'

/**
 * What every answer to a page of another origin carries. Any origin may read it, and none brings cookies along: what a caller
 * gets depends on the token or the secret that it sends, which it may use from anywhere anyhow.
 */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'www-authenticate, dpop-nonce, retry-after, ratelimit, ratelimit-policy, link, x-request-id',
}

/**
 * The answer to a browser that asks whether a page of another origin may call (Fetch section 3.2.2).
 * @param methods those that it may use
 */
export function preflightResponse(methods: readonly string[]): HttpResponse {
  return {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'access-control-allow-methods': methods.join(', '),
      // Any header; but the wildcard covers neither this one nor old browsers.
      'access-control-allow-headers': 'authorization, content-type, dpop, *',
      // Browsers keep it for two hours at most.
      'access-control-max-age': '7200',
    },
    body: '',
  }
}
