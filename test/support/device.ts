import { approve } from '../conformance/relying-party.ts'
import type { Browser } from './browser.ts'

/** A person follows the link on a device's screen, and allows it there or refuses. */
export async function decide(browser: Browser, link: string, decision: 'allow' | 'deny'): Promise<void> {
  const page = await browser.press(await browser.open(link), 'device-submit')
  if (decision === 'allow') await approve(browser, page)
  else await browser.press(page, 'consent-deny')
}
