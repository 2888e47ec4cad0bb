import { randomId } from '../lib/random.ts'
import type { AuditEntry } from '../model/usage.ts'

/** Who makes a change, when, and from where. */
export interface Author {
  readonly now: Date
  /** A `sub`, a client, or the name of a tool such as `cli`. */
  readonly actor: string
  readonly ip: string | undefined
}

/** A change in the words of {@link AuditEntry}, with things as they are held in memory. */
export interface AuditedChange {
  readonly action: string
  readonly workspaceId?: string
  readonly target: string
  readonly before?: object
  readonly after?: object
}

/** Members that no audit entry holds, at any depth. */
const WITHHELD = new Set(['hash', 'passwordHash', 'registrationTokenHash'])

/** The audit entry of a change; the storage writes it together with the change itself. */
export function auditEntry(author: Author, change: AuditedChange): AuditEntry {
  return {
    id: randomId('aud'),
    at: author.now,
    actor: author.actor,
    action: change.action,
    workspaceId: change.workspaceId,
    target: change.target,
    ip: author.ip,
    before: change.before && plain(change.before),
    after: change.after && plain(change.after),
  }
}

/** A copy in JSON's terms, times as RFC 3339 text, so that an entry reads the same from every storage. */
function plain(thing: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(thing, (name, value) => (WITHHELD.has(name) ? undefined : value)))
}
