/** A browser, as far as the sign-in needs one: it keeps cookies, follows redirects and finds the hidden fields of a form. */
export class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  /** @param origin where the server listens, whatever address it tells others */
  constructor(origin: string) {
    this.#origin = origin
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Goes to a page, and on to wherever it redirects within the server. */
  async get(pathOrUrl: string): Promise<Page> {
    return await this.#follow(await this.#request(pathOrUrl))
  }

  async post(path: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return await this.#follow(await this.#request(path, new URLSearchParams(fields)))
  }

  async #follow(response: Response): Promise<Page> {
    const location = response.headers.get('location')
    const text = await response.text()
    if (location === null) return { status: response.status, text, leftFor: undefined }
    // Our own addresses begin with http:// and this machine; a client's begin with https://.
    if (location.startsWith('https:')) return { status: response.status, text, leftFor: new URL(location) }
    return await this.get(location)
  }

  async #request(pathOrUrl: string, body?: URLSearchParams): Promise<Response> {
    const { pathname, search } = new URL(pathOrUrl, this.#origin)
    const response = await fetch(`${this.#origin}${pathname}${search}`, {
      redirect: 'manual',
      headers: { cookie: this.cookie },
      ...(body && { method: 'POST', body }),
    })
    for (const field of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(field) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }
}

/** Where the browser ended up. */
export interface Page {
  readonly status: number
  readonly text: string
  /** The address of somebody else's, where the server sent the browser away. */
  readonly leftFor: URL | undefined
}

/** The value of a field in a page. */
export function fieldOf({ status, text }: Page, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1]
  if (value === undefined)
    throw new Error(`A page with status ${status} has no field ${name}: ${text.slice(0, 2000)}`)
  return value
}
