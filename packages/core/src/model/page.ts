/** Who asks, as the pages show it. URLs are absolute and already checked to be http or https. */
export interface PageClient {
  readonly name: string
  readonly uri: string | undefined
  readonly logoUri: string | undefined
  readonly policyUri: string | undefined
  readonly tosUri: string | undefined
}

/** What every page gets. */
export interface PageBase {
  /** The name of this XWMS, from the configuration's `application.name`. */
  readonly applicationName: string
  /** BCP 47; the page's `lang`. */
  readonly locale: string
  /** For `<style nonce>` and `<script nonce>`; the content security policy allows nothing else. */
  readonly nonce: string
}

/** What every form sends back unchanged, in hidden fields `interaction` and `csrf_token`. */
export interface PageForm {
  /** The path that the form posts to. */
  readonly action: string
  readonly interaction: string
  readonly csrfToken: string
}

/**
 * The sign-in page: fields `login` and `password`, button `login-submit` (`decision=submit`) and button
 * `login-cancel` (`decision=cancel`). Field names and element ids are the same words.
 */
export interface SignInView extends PageBase, PageForm {
  readonly client: PageClient
  /** What stood in the login field, or a hint of who signs in; empty when neither. */
  readonly login: string
  /** A sentence for the person, when the last attempt failed. */
  readonly problem: string | undefined
}

/** The consent page: buttons `consent-allow` (`decision=allow`) and `consent-deny` (`decision=deny`). */
export interface ConsentView extends PageBase, PageForm {
  readonly client: PageClient
  /** The host that the browser returns to. */
  readonly returnsTo: string
  readonly user: { readonly name: string; readonly email: string; readonly picture: string | undefined }
  /** What is asked for, in words; empty when signing in is all. */
  readonly scopes: readonly {
    readonly name: string
    readonly description: string
    readonly alreadyApproved: boolean
  }[]
  /** Signs in as somebody else. */
  readonly switchAccountUrl: string
}

/** The error page: names the code and says what to do. */
export interface ErrorView extends PageBase {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string
}

/** The pages that people see, each as one whole HTML document. `@xwms/pages` implements them; a host may bring its own. */
export interface Pages {
  signIn(view: SignInView): string
  consent(view: ConsentView): string
  error(view: ErrorView): string
}
