import type { Role } from './workspace.ts'

/** Whoever may manage a workspace: a member by role, or one of its clients for itself. */
export type Actor = Role | 'client'

const READERS = ['owner', 'admin', 'developer', 'billing', 'viewer', 'client'] as const

/**
 * Who may do what in a workspace. A client acts for itself without a person behind it: it reads everything, and changes nothing
 * that decides what its owner pays.
 */
export const PERMISSIONS = {
  'plan:read': READERS,
  'usage:read': READERS,
  'limits:read': READERS,
  'events:read': READERS,
  /** Addresses and user agents of callers are in it. */
  'requests:read': ['owner', 'admin', 'developer', 'client'],
  'blocks:read': ['owner', 'admin', 'developer', 'viewer', 'client'],
  'blocks:lift': ['owner', 'admin', 'developer', 'client'],
  'invoices:read': ['owner', 'admin', 'billing', 'client'],
  /** The caps on what a month may cost. */
  'limits:change': ['owner', 'admin', 'billing'],
  /** The rate limit of one client. */
  'client-limits:change': ['owner', 'admin', 'developer', 'client'],
} as const satisfies Readonly<Record<string, readonly Actor[]>>

export type Permission = keyof typeof PERMISSIONS

export function isPermitted(actor: Actor, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Actor[]).includes(actor)
}
