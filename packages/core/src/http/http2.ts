import { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'

// Frameworks hand on the responses of Node's HTTP/2 as if they were those of HTTP/1. What they do otherwise is here.

/** The stream of a response of HTTP/2; of HTTP/1 there is none. */
export function http2Stream(response: ServerResponse): ServerHttp2Stream | undefined {
  return response instanceof ServerResponse ? undefined : (response as unknown as Http2ServerResponse).stream
}

/** The status that has left. Over HTTP/2 a host may have sent it around the response. */
export function sentStatus(response: ServerResponse): number {
  const sent = http2Stream(response)?.sentHeaders?.[':status'] as number | undefined
  return sent ?? response.statusCode
}

/**
 * Ends an answer of which part has left, so that nobody takes it for whole. A stream of HTTP/2 that is destroyed without an error
 * ends like any other.
 */
export function breakOff(response: ServerResponse): void {
  const stream = http2Stream(response)
  if (stream === undefined) response.destroy()
  else stream.close(constants.NGHTTP2_INTERNAL_ERROR)
}
