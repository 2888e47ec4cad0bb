import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a browser says of itself with every page. */
export const BROWSER_HEADERS = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-mode': 'navigate',
  'user-agent': 'xwms-bench',
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request on a connection of its own; follows no redirects. */
export async function exchange(url: URL, { method = 'GET', headers = {}, body }: Asked): Promise<Answer> {
  const sent = request(url, { method, headers, agent: false }).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
}

/** How many pages a sign-in may have. */
const MAX_PAGES = 20

/** A browser with cookies of its own, whose owner agrees to everything. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>()

  /** The `Cookie` header for an address; `undefined` where it gets none. */
  cookieFor(url: URL): string | undefined {
    const sent = [...this.#cookies.values()].filter(({ path }) => covers(path, url.pathname))
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  /**
   * Follows redirects and sends forms until it is sent to `destination`; answers the whole address there.
   * @throws {Error} when it gets stuck
   */
  async goThrough(start: URL, destination: string): Promise<URL> {
    let url = start
    let asked: Asked = {}
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const answer = await this.#ask(url, asked)
      const location = answer.headers.location
      const form = location === undefined ? firstForm(answer.body) : undefined
      if (location !== undefined) {
        const next = new URL(location, url)
        if (next.href.startsWith(destination)) return next
        url = next
        asked = {}
      } else if (form !== undefined) {
        url = new URL(form.action, url)
        asked = {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form.fields.toString(),
        }
      } else {
        throw new Error(`${url.href} answered ${answer.status}: ${answer.body}`)
      }
    }
    throw new Error(`${start.href} did not lead to ${destination} in ${MAX_PAGES} pages.`)
  }

  async #ask(url: URL, asked: Asked): Promise<Answer> {
    const cookie = this.cookieFor(url)
    const headers = { ...BROWSER_HEADERS, ...asked.headers, ...(cookie !== undefined && { cookie }) }
    const answer = await exchange(url, { ...asked, headers })
    for (const set of answer.headers['set-cookie'] ?? []) this.#keep(set)
    return answer
  }

  #keep(set: string): void {
    const [pair = '', ...attributes] = set.split(';').map(part => part.trim())
    const [name = '', ...value] = pair.split('=')
    const attribute = (wanted: string) =>
      attributes.find(one => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
    const path = attribute('path') ?? '/'
    const expires = attribute('expires')
    const gone = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now())
    const key = `${name} ${path}`
    if (gone) this.#cookies.delete(key)
    else this.#cookies.set(key, { name, value: value.join('='), path })
  }
}

/** RFC 6265 section 5.1.4. */
function covers(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

interface Form {
  readonly action: string
  readonly fields: URLSearchParams
}

/** The first form of a page, filled in: its fields as they are, any password, and its first button pressed. */
function firstForm(page: string): Form | undefined {
  const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(page)
  if (form === null) return undefined
  const fields = new URLSearchParams()
  const button = /<button\b[^>]*>/s.exec(form[2] ?? '')?.[0] ?? ''
  for (const element of [...(form[2] ?? '').matchAll(/<input\b[^>]*>/gs)].map(String).concat(button)) {
    const name = attributeOf(element, 'name')
    const value = attributeOf(element, 'type') === 'password' ? 'any' : attributeOf(element, 'value')
    if (name !== undefined) fields.append(name, value ?? '')
  }
  return { action: attributeOf(form[1] ?? '', 'action') ?? '', fields }
}

function attributeOf(element: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1]
  return value?.replace(/&(amp|quot|lt|gt|#39);/g, entity => ENTITIES[entity] ?? entity)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&quot;': '"',
  '&lt;': '<',
  '&gt;': '>',
  '&#39;': "'",
}
