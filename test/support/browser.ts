/** What a browser shows after it has followed every redirect. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly html: string
}

/**
 * The least of browsers: it keeps cookies, follows redirects and submits forms, without looking at anything. At a redirect
 * to another site it stops, because other sites are only addresses in these tests.
 */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>()
  readonly #site: string
  readonly #reach: (url: URL) => URL
  readonly #fetch: typeof fetch

  /**
   * @param site the origin that really answers
   * @param reach where to find an address of that site: a proxy in front of it, say. Default: where it says.
   * @param load what loads an address. Default: `fetch`.
   */
  constructor(site: string, reach = (url: URL) => url, load: typeof fetch = fetch) {
    this.#site = new URL(site).origin
    this.#reach = reach
    this.#fetch = load
  }

  open(url: string | URL): Promise<Page> {
    return this.#go(new URL(url), { method: 'GET', headers: { 'sec-fetch-site': 'none' } })
  }

  /** Follows the first link whose text it is. */
  follow(page: Page, text: string): Promise<Page> {
    for (const [, attributes = '', content = ''] of page.html.matchAll(/<a\b([^>]*)>(.*?)<\/a>/gs)) {
      if (content.trim() === text) return this.open(new URL(attribute(attributes, 'href') ?? '', page.url))
    }
    throw new Error(`There is no link ${text} on ${page.url.pathname}.`)
  }

  /** Fills in the form around a button, by the ids of its fields, and presses the button. */
  press(page: Page, buttonId: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const { action, values } = formAround(page, buttonId, fields)
    return this.post(action, values)
  }

  /** Posts a form from one of our own pages, or from wherever `from` says. */
  post(action: URL, values: URLSearchParams, from: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#go(action, {
      method: 'POST',
      headers: { origin: action.origin, 'sec-fetch-site': 'same-origin', ...from },
      body: values,
    })
  }

  /** What a browser that was never here before does not have. */
  forgetCookies(): void {
    this.#cookies.clear()
  }

  get cookieNames(): string[] {
    return [...this.#cookies.keys()].sort()
  }

  async #go(url: URL, request: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const cookie = [...this.#cookies]
      .filter(([, { path }]) => path === '/' || `${url.pathname}/`.startsWith(`${path}/`))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const headers = { ...request.headers, ...(cookie && { cookie }) }
    const response = await this.#fetch(this.#reach(url), { ...request, headers, redirect: 'manual' })
    for (const field of response.headers.getSetCookie()) this.#keep(field)
    const location = response.headers.get('location')
    if (location !== null) {
      await response.body?.cancel()
      const next = new URL(location, url)
      if (next.origin === this.#site) return this.#go(next, { method: 'GET', headers: {} })
      return { url: next, status: response.status, headers: response.headers, html: '' }
    }
    return { url, status: response.status, headers: response.headers, html: await response.text() }
  }

  #keep(setCookie: string): void {
    const [pair = '', ...rest] = setCookie.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const path = rest.find(part => /^path=/i.test(part))?.slice('path='.length) ?? '/'
    this.#cookies.set(name, { value, path })
  }
}

/** What pressing a button would send, and where to. */
export function formAround(
  page: Page,
  buttonId: string,
  fields: Readonly<Record<string, string>> = {},
): { action: URL; values: URLSearchParams } {
  for (const [, formAttributes = '', content = ''] of page.html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    const tags = [...content.matchAll(/<(input|button)\b([^>]*)>/gs)].map(([, tag, attributes = '']) => ({
      tag,
      id: attribute(attributes, 'id'),
      name: attribute(attributes, 'name'),
      value: attribute(attributes, 'value') ?? '',
    }))
    if (!tags.some(({ id }) => id === buttonId)) continue
    const values = new URLSearchParams()
    for (const { tag, id, name, value } of tags) {
      if (name === undefined || (tag === 'button' && id !== buttonId)) continue
      values.append(name, fields[id ?? ''] ?? value)
    }
    return { action: new URL(attribute(formAttributes, 'action') ?? '', page.url), values }
  }
  throw new Error(`There is no form with a button ${buttonId} on ${page.url.pathname}.`)
}

/** The value of the field with an id. */
export function fieldValue(page: Page, id: string): string | undefined {
  const tag = [...page.html.matchAll(/<input\b([^>]*)>/gs)].find(([, it = '']) => attribute(it, 'id') === id)
  return tag && attribute(tag[1] as string, 'value')
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1]
  return value?.replace(/&(amp|lt|gt|quot|#39);/g, entity => ENTITIES[entity] as string)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}
