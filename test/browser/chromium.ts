import { existsSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import type { Test } from 'tap'

/** A tab in a browser of its own: no cookie, no history, and everything it complains about is written down. */
export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** Violations of the content security policy, scripts that failed, and whatever else it warns of. */
  readonly complaints: readonly string[]
}

/** Debian's Chromium, or the one that CHROMIUM_PATH names. */
const EXECUTABLE = process.env.CHROMIUM_PATH || '/usr/bin/chromium'

/** It speaks to nobody but us, and needs neither a screen nor a sandbox of its own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts a browser that is closed when the test is over.
 * @throws {Error} that says how to install it: a test that cannot run has not passed
 */
export async function startChromium(t: Test): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(
      `There is no Chromium at ${EXECUTABLE}. Install it (apt-get install -y chromium), or set CHROMIUM_PATH.`,
    )
  }
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS })
  t.teardown(() => browser.close())
  return browser
}

export async function openTab(t: Test, browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })
  t.teardown(() => context.close())
  // A page that does not come at once will not come at all.
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    // A refusal that comes as a page is reported too, by its status; that is no fault of the page.
    const harmless = message.text().startsWith('Failed to load resource')
    if (!harmless && ['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  return { page, context, complaints }
}
