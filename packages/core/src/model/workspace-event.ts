import { ABUSE_REASONS } from './block.ts'

/** Everything that is told, by its type; docs/usage-api.md says of each when. */
export const WORKSPACE_EVENT_TYPES = [
  'usage.allowance',
  'usage.request_cap',
  'usage.spend_cap',
  'usage.refused',
  ...ABUSE_REASONS.map(reason => `abuse.${reason}` as const),
  'secret.unusual_address',
] as const
export type WorkspaceEventType = (typeof WORKSPACE_EVENT_TYPES)[number]

/** Something that the people of a workspace should hear of: an allowance that runs out, a secret that is being guessed. */
export interface WorkspaceEvent {
  readonly id: string
  readonly at: Date
  readonly workspaceId: string
  readonly clientId: string | undefined
  /** `<subject>.<what happened>`, such as `abuse.secret_guessing`; what programs read. Another version may know others than this one. */
  readonly type: string
  /** Within the workspace, the same key is recorded once, whichever process and however often. */
  readonly key: string
  /** What happened and what to do about it, for a person. */
  readonly message: string
  /** The same for a program; never a secret. */
  readonly data: Readonly<Record<string, unknown>>
}

/** An event that is about to be told. */
export interface TimelyEvent extends Omit<WorkspaceEvent, 'id'> {
  readonly type: WorkspaceEventType
}
