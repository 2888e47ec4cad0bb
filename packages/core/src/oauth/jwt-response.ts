import type { HttpResponse } from '../http/response.ts'

/** An answer that is a JWT as a whole. */
export function jwtResponse(mediaType: string, jwt: string): HttpResponse {
  return { status: 200, headers: { 'content-type': mediaType, 'cache-control': 'no-store' }, body: jwt }
}
