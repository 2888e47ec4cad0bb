/** Something that the people of a workspace should hear of: an allowance that runs out, a secret that is being guessed. */
export interface WorkspaceEvent {
  readonly id: string
  readonly at: Date
  readonly workspaceId: string
  readonly clientId: string | undefined
  /** `<subject>.<what happened>`, such as `abuse.secret_guessing`; what programs read. */
  readonly type: string
  /** Within the workspace, the same key is recorded once, whichever process and however often. */
  readonly key: string
  /** What happened and what to do about it, for a person. */
  readonly message: string
  /** The same for a program; never a secret. */
  readonly data: Readonly<Record<string, unknown>>
}
