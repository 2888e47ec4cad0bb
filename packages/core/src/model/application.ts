/** What `GET /api/info` says of this installation. */
export interface Application {
  readonly name: string
  readonly description: string
  readonly version: string
  /** BCP 47. */
  readonly locale: string
  /** An IANA time zone. */
  readonly timezone: string
  /** Where partner developers read on; an absolute URL. */
  readonly documentationUrl: string | undefined
}

/** One entry of `GET /api/global/projects`; the host names its own. */
export interface Project {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly image?: string
  readonly link: string
  readonly isNew: boolean
  readonly directRedirect: boolean
  readonly publishedAt?: Date
  readonly categories: readonly { readonly id: number; readonly name: string }[]
}
