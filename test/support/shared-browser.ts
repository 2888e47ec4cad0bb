import type { Provider } from '../conformance/provider.ts'
import type { Browser } from './browser.ts'

const browsers = new WeakMap<Provider, Browser>()

/** The browser that the flows of one provider share: whoever signed in stays so, because passwords are slow on purpose. */
export function sharedBrowser(provider: Provider): Browser {
  const browser = browsers.get(provider) ?? provider.browser()
  browsers.set(provider, browser)
  return browser
}
