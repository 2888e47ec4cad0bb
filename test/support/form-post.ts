import { responseOf } from '../conformance/relying-party.ts'
import type { Page } from './browser.ts'

/** What the client's own web server is handed when a browser posts the page's form to it. */
export function postedFrom(page: Page): Request {
  const action = /<form[^>]* action="([^"]*)"/.exec(page.html)?.[1] ?? ''
  return new Request(action, { method: 'POST', body: new URLSearchParams(responseOf(page)) })
}
