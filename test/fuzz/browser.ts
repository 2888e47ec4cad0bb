import { type Answer, ask } from './ask.ts'
import { ISSUER } from './introduction.ts'

/** A browser, as far as the sign-in needs one: it keeps cookies, follows redirects and finds the hidden fields of a form. */
export class Browser {
  readonly #url: string
  readonly #cookies = new Map<string, string>()

  /**
   * @param url where the server listens, whatever address it tells others
   * @param cookie what the browser has already
   */
  constructor(url: string, cookie = '') {
    this.#url = url
    const [name = '', value = ''] = cookie.split('=')
    if (name !== '') this.#cookies.set(name, value)
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Goes to a page, and on to wherever it redirects within the server. */
  async get(pathOrUrl: string): Promise<Page> {
    return await this.#follow(await this.#request(pathOrUrl))
  }

  async post(path: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return await this.#follow(await this.#request(path, fields))
  }

  /** Sends a form, and goes nowhere: the path and query that it would be sent to. */
  async postOnly(path: string, fields: Readonly<Record<string, string>>): Promise<URL> {
    const { headers } = await this.#request(path, fields)
    return new URL(headers.location ?? '', ISSUER)
  }

  async #follow({ status, headers, text }: Answer): Promise<Page> {
    const { location } = headers
    if (location === undefined) return { status, text, leftFor: undefined }
    if (location.startsWith(`${ISSUER}/`)) return await this.get(location)
    return { status, text, leftFor: new URL(location) }
  }

  async #request(pathOrUrl: string, fields?: Readonly<Record<string, string>>): Promise<Answer> {
    const { pathname, search } = new URL(pathOrUrl, ISSUER)
    const answer = await ask(this.#url, pathname + search, {
      headers: { cookie: this.cookie },
      ...(fields && { form: Object.entries(fields) }),
    })
    for (const field of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(field) ?? []
      this.#cookies.set(name, value)
    }
    return answer
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
export function fieldOf({ status, text, leftFor }: Page, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1]
  if (value === undefined)
    throw new Error(`A page with status ${status} has no field ${name}: ${leftFor ?? text.slice(0, 2000)}`)
  return value
}
