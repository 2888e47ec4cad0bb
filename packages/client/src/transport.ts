import { openEnvelope, type Pick } from './envelope.ts'
import { XwmsApiError, XwmsConnectionError } from './errors.ts'
import type { XwmsClientOptions } from './options.ts'

/** How calls travel. Paths are relative to `baseUrl`. */
export interface Transport {
  /** The open endpoints; the credentials stay at home. */
  get<T>(path: string, pick: Pick<T>): Promise<T>
  /** The endpoints that want credentials. */
  post<T>(path: string, body: object, pick: Pick<T>): Promise<T>
}

/** The secret lives in the closure of what this returns: no property holds it, so nothing can print it. */
export function transport(options: Required<XwmsClientOptions>): Transport {
  const credentials = {
    'x-client-id': options.clientId,
    'x-client-secret': options.clientSecret,
    'x-client-domain': options.domain,
  }

  return {
    get: (path, pick) =>
      call(options, path, { method: 'GET', headers: { accept: 'application/json' } }, pick),
    post: (path, body, pick) =>
      call(
        options,
        path,
        {
          method: 'POST',
          headers: { ...credentials, accept: 'application/json', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
        pick,
      ),
  }
}

/**
 * One call, tried once. A repeat is the caller's decision: a POST may have been carried out though its answer got
 * lost, a sign token counts only once, and paid calls are billed each.
 */
async function call<T>(
  options: Required<XwmsClientOptions>,
  path: string,
  request: RequestInit,
  pick: Pick<T>,
): Promise<T> {
  const { response, body } = await exchange(options, path, request)
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    throw unexpectedRedirect(response)
  }
  return openEnvelope(response, body, pick)
}

/** Sends a request and reads the whole answer, all of it within the time. */
async function exchange(
  options: Required<XwmsClientOptions>,
  path: string,
  request: RequestInit,
): Promise<{ response: Response; body: string }> {
  const signal = AbortSignal.timeout(Math.ceil(options.timeoutSeconds * 1000))
  try {
    const response = await options.fetch(options.baseUrl + path, {
      ...request,
      signal,
      // Following would hand the headers, and the secret with them, to whatever host the answer names.
      redirect: 'manual',
    })
    return { response, body: await response.text() }
  } catch (cause) {
    if (signal.aborted) {
      throw new XwmsConnectionError(
        'timeout',
        `XWMS did not answer ${path} within ${options.timeoutSeconds} s`,
        {
          cause,
        },
      )
    }
    throw new XwmsConnectionError('network', `XWMS could not be reached for ${path}`, { cause })
  }
}

function unexpectedRedirect(response: Response): XwmsApiError {
  return new XwmsApiError({
    status: response.status,
    code: 'unexpected_redirect',
    message: 'XWMS answered with a redirect, which is not followed; set baseUrl to where the API itself is',
    requestId: undefined,
    fields: undefined,
    retryAfterSeconds: undefined,
  })
}
