/** An answer, as plain data. Header names are lower-case; `set-cookie` may be a list. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
  /** A body that is no text, such as a PDF: in place of `body`, which is empty then. */
  readonly bytes?: Buffer | undefined
}

type Headers = Readonly<Record<string, string | readonly string[]>>

export function jsonResponse(status: number, value: unknown, headers: Headers = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}

/** See Other: the browser follows with GET, whatever the method was, and no form is sent twice. */
export function redirectResponse(location: string, headers: Headers = {}): HttpResponse {
  return { status: 303, headers: { location, 'cache-control': 'no-store', ...headers }, body: '' }
}

/** The same answer with further header fields. */
export function withHeaders(response: HttpResponse, headers: Headers): HttpResponse {
  return { ...response, headers: { ...response.headers, ...headers } }
}
