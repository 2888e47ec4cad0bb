/**
 * How a block answers. `throttle`: whoever it is about waits for a short while, and each time longer. `block`: nothing of
 * theirs is looked at until it ends. Both are 429 with `Retry-After` to the caller.
 */
export const BLOCK_ANSWERS = ['throttle', 'block'] as const
export type BlockAnswer = (typeof BLOCK_ANSWERS)[number]

/** What is too much, by the codes of the rules; docs/abuse.md says what each of them counts. */
export const ABUSE_REASONS = [
  'secret_guessing',
  'clients_probed',
  'secret_flood',
  'password_guessing',
  'credential_stuffing',
  'password_flood',
  'distributed_guessing',
  'user_code_guessing',
  'registration_guessing',
  'limit_ignored',
] as const
export type AbuseReason = (typeof ABUSE_REASONS)[number]

/**
 * A refusal for a time, because of what somebody did. It is about what callers show (an address, a stated client id, a typed
 * login), and never says whether such a client or login exists.
 */
export interface Block {
  readonly id: string
  /** Whom it is about: a kind, then what callers show, such as `ip:secret 192.0.2.7` or `login:sign_in <hash>`. */
  readonly subject: string
  readonly answer: BlockAnswer
  /** The code of the rule that asked for it, such as `secret_guessing`; docs/abuse.md lists them. */
  readonly reason: string
  /** How far the rule's threshold was reached: 100 is the threshold itself. */
  readonly score: number
  /** Whose client it was about, where there is such a client. */
  readonly workspaceId: string | undefined
  readonly clientId: string | undefined
  /** Networks that it does not hold for, because whoever is asked for was there before. */
  readonly exempt: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly liftedAt: Date | undefined
  /** What the rule counted, by name; never a secret. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** Something that somebody tried and that failed, or that is on trial, kept while it counts against them. */
export interface Failure {
  readonly id: string
  readonly at: Date
  /** What was tried: failures of different purposes do not count together. */
  readonly purpose: string
  /** Where it came from: a network as `networkOf` writes it, or a device that is known. */
  readonly origin: string
  /** What it was tried on: a stated client id, or the hash of a typed login. Empty where there is only one thing to try. */
  readonly subject: string
  /** How many it stands for; usually one. */
  readonly weight: number
  /** When it can be forgotten. */
  readonly expiresAt: Date
}
