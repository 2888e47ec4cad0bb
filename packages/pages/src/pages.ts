import type { Pages } from '@xwms/core'
import { consentPage } from './consent.ts'
import { errorPage } from './error.ts'
import type { Frame } from './layout.ts'
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
 * `style-src 'nonce-…'`, `form-action 'self'` (and where the browser is sent on), and `img-src` for logos.
 *
 * @throws ConfigurationError naming everything that is wrong with the theme.
 */
export function pages(theme: Theme = {}): Pages {
  const checked = checkTheme(theme)
  const frame: Frame = Object.freeze({ theme: checked, styles: styles(checked.brandColor) })
  return Object.freeze({
    signIn: view => signInPage(frame, view),
    consent: view => consentPage(frame, view),
    error: view => errorPage(frame, view),
  } satisfies Pages)
}
