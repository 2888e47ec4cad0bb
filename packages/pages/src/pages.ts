import type { Pages } from '@xwms/core'
import { accountPage } from './account.ts'
import { consentPage } from './consent.ts'
import { devicePage } from './device.ts'
import { errorPage } from './error.ts'
import { formPostPage } from './form-post.ts'
import { invoicePage } from './invoice.ts'
import type { Frame } from './layout.ts'
import { logoutPage } from './logout.ts'
import { messagePage } from './message.ts'
import { signInPage } from './sign-in.ts'
import { styles } from './styles.ts'
import { checkTheme, type Theme } from './theme.ts'

/**
 * The pages that people see, ready to be given to the kit.
 *
 * ```ts
 * pages({ brandColor: '#0a7d55', logoUrl: 'https://example.com/logo.svg' })
 * ```
 *
 * Each is one HTML document that works without JavaScript and needs of the content security policy only
 * `style-src 'nonce-…'`, `form-action 'self'` (and where the browser is sent on), and `img-src` for logos. One has a script,
 * `script-src 'nonce-…'`: the page that posts an answer to a client without waiting for a click.
 *
 * @throws ConfigurationError naming everything that is wrong with the theme.
 */
export function pages(theme: Theme = {}): Pages {
  const checked = checkTheme(theme)
  const { languages } = checked
  const frame: Frame = Object.freeze({ theme: checked, styles: styles(checked.brandColor), languages })
  return Object.freeze({
    signIn: view => signInPage(frame, view),
    consent: view => consentPage(frame, view),
    device: view => devicePage(frame, view),
    logout: view => logoutPage(frame, view),
    message: view => messagePage(frame, view),
    account: view => accountPage(frame, view),
    formPost: view => formPostPage(frame, view),
    error: view => errorPage(frame, view),
    invoice: invoicePage,
    locales: Object.freeze([...languages.keys()]),
  } satisfies Pages)
}
