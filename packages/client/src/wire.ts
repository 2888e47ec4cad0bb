/**
 * What XWMS sends and takes. Field names are those of the API, snake_case included: whoever reads its documentation,
 * a log or another language's library finds the same word here.
 */

/** `GET info`. */
export interface Info {
  readonly application: {
    readonly name: string
    readonly description: string | null
    readonly version: string | null
    readonly locale: string
    readonly timezone: string
    /** ISO 8601. */
    readonly time: string
  }
  /** How XWMS sees the caller. */
  readonly client: { readonly ip: string; readonly user_agent: string | null }
  readonly api: {
    readonly documentation: string | null
    /** Absolute URLs. */
    readonly endpoints: Readonly<
      Record<
        | 'general_info'
        | 'countries'
        | 'projects'
        | 'user_address'
        | 'user_info'
        | 'auth_signin'
        | 'auth_verify',
        string
      >
    >
  }
}

/** One of `GET global/projects`. */
export interface Project {
  readonly id: number
  readonly title: string
  readonly description: string | null
  readonly image: string | null
  readonly link: string | null
  readonly is_new: boolean
  readonly direct_redirect: boolean
  /** ISO 8601. */
  readonly published_at: string | null
  readonly categories: readonly { readonly id: number; readonly name: string }[]
}

/** One of `POST global/countries`. */
export interface Country {
  readonly id: number
  /** ISO 3166-1 alpha-2. */
  readonly short_name: string
  readonly name: string
  readonly phonecode: string | number | null
  readonly is_eu_member: boolean
  readonly capital: string | null
  /** ISO 3166-1 alpha-3. */
  readonly iso_alpha3: string
  readonly region: string | null
  readonly timezone: string | null
  readonly currency_code: string | null
}

/** The start of a sign-in, from `POST sign-token`. */
export interface SignToken {
  readonly client_id: string
  /** Stands in `url`; it is not the token that the browser comes back with. */
  readonly token: string
  /** The address that was given as a hint. */
  readonly email: string | null
  /** ISO 8601. */
  readonly expires_at: string
  /** Where to send the browser. */
  readonly url: string
}

/** Who signed in, from `POST sign-token-verify`. */
export interface SignedInUser {
  /** Decimal digits, the same for ever: store this, as text, to know the person again. */
  readonly sub: string
  readonly name: string | null
  readonly given_name: string | null
  readonly family_name: string | null
  readonly email: string | null
  readonly email_verified: boolean
  readonly picture: string | null
}

/** `POST get/user/info`; what comes after `picture` is null without the scope `userinfo`. */
export interface UserInfo extends SignedInUser {
  /** `YYYY-MM-DD`. */
  readonly birth_date: string | null
  readonly gender: string | null
  readonly second_email: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  /** Null unless asked for. */
  readonly socials?: readonly SocialProfile[] | null
}

export interface SocialProfile {
  readonly platform: string
  readonly username: string
  readonly url: string
}

export type AddressType = 'standard' | 'billing' | 'business' | 'contract' | 'mailing' | 'shipping'

/** The fields of an address that are plain text. */
export interface AddressText {
  readonly name?: string | null
  readonly company_name?: string | null
  readonly firstname?: string | null
  readonly lastname?: string | null
  readonly phone?: string | null
  readonly email?: string | null
  readonly tax_nr?: string | null
  readonly registration_nr?: string | null
  readonly access_code?: string | null
  readonly postal_code?: string | null
  readonly house_number?: string | null
  readonly street?: string | null
  readonly city?: string | null
}

/** An address as it is given to XWMS. */
export interface AddressInput extends AddressText {
  readonly type: AddressType
  /** ISO 3166-1, alpha-2 or alpha-3. */
  readonly country: string
}

/** An address as XWMS gives it. */
export interface Address extends Required<AddressText> {
  readonly id: number
  readonly type: AddressType
  readonly country: Country | null
}
