import type { Block, Failure } from '../model/block.ts'
import type { AuditEntry } from '../model/usage.ts'
import type { WorkspaceEvent } from '../model/workspace-event.ts'

/** A place in a list that is newest first: whatever is older than it comes next. */
export interface Position {
  readonly at: Date
  readonly id: string
}

export interface BlockQuery {
  readonly workspaceId: string
  /** The last block of the page before, by its `createdAt` and `id`. */
  readonly before?: Position
  readonly limit: number
}

/** Failures of one purpose that share what is given: where they come from, what was tried, or both. */
export interface FailureRange {
  readonly purpose: string
  readonly origin: string | undefined
  readonly subject: string | undefined
}

/** Blocks of callers. Every process hears of a new and of a lifted one through {@link Changes}. */
export interface Blocks {
  /**
   * Stores a block. `known`: the subject was blocked at `triedAt` or has been since, for whatever reason, by the block that it answers
   * with, and nothing changed: of however many failures that come at once, in however many processes, one adds.
   * @param triedAt when what it answers was tried; by default when it was made
   */
  add(block: Block, triedAt?: Date): Promise<{ outcome: 'added' } | { outcome: 'known'; standing: Block }>
  /** All blocks in force at `now`. */
  active(now: Date): Promise<Block[]>
  /** The blocks with these ids, whatever their state; ids that are unknown are left out. */
  get(ids: readonly string[]): Promise<Block[]>
  /**
   * How many blocks of a subject were made since, and since one of its blocks was lifted: what the next one's duration grows by.
   */
  count(subject: string, since: Date): Promise<number>
  /** A workspace's blocks, newest first. */
  list(query: BlockQuery): Promise<Block[]>
  /**
   * Ends a block and every other one of its subject before their time, and forgets the failures that led to it, in one step: a
   * single failure more must not block anew. `already_over`: it was lifted before, or had expired at `now`; nothing changed.
   */
  lift(
    id: string,
    now: Date,
    audit: AuditEntry,
    failures: FailureRange,
  ): Promise<{ outcome: 'lifted' | 'already_over' | 'not_found' }>
}

/** What counts against somebody, one's own failure included, by purpose. */
export interface FailureCounts {
  /** From this origin on this subject. */
  readonly pair: number
  /** From this origin on anything. */
  readonly origin: number
  /** Different subjects that were tried from this origin. */
  readonly originSubjects: number
  /** On this subject from anywhere. */
  readonly subject: number
  /** Different origins that tried this subject. */
  readonly subjectOrigins: number
  /** When anything was last tried from this origin before; `undefined` when nothing was. */
  readonly originTriedAt: Date | undefined
  /** When the subject was last tried from this origin before; `undefined` when it was not. */
  readonly pairTriedAt: Date | undefined
  /** When the subject was last tried before, from anywhere. */
  readonly subjectTriedAt: Date | undefined
}

export interface Failures {
  /**
   * Keeps a failure and counts those since, in one step: of calls that race, each counts all that came before it, from
   * any process. Recorded before the attempt is made, it keeps a burst of guesses from passing between look and count.
   * @param since failures before it no longer count
   */
  record(failure: Failure, since: Date): Promise<FailureCounts>
  /** Takes one back, as when the attempt was never made. */
  forget(id: string): Promise<void>
  /** Takes back all of a range, as when somebody got it right at last. */
  forgive(range: FailureRange): Promise<void>
}

/** Where something has been used from. */
export interface KnownOrigins {
  /**
   * Remembers that a subject was seen at an origin. `first`: it had been seen nowhere. `new`: elsewhere only. Of calls that
   * race for one origin, one gets `first` or `new`.
   */
  see(subject: string, origin: string, now: Date): Promise<{ outcome: 'first' | 'new' | 'known' }>
  /** Where a subject was seen since, latest first, at most `limit`. */
  list(subject: string, since: Date, limit: number): Promise<string[]>
}

export interface WorkspaceEventQuery {
  readonly workspaceId: string
  /** Only these types. */
  readonly types?: readonly string[]
  /** The last event of the page before, by its `at` and `id`. */
  readonly before?: Position
  readonly limit: number
}

export interface WorkspaceEvents {
  /** Keeps an event. `known`: the workspace has one with that key, and nothing changed. */
  record(event: WorkspaceEvent): Promise<{ outcome: 'recorded' | 'known' }>
  /** A workspace's events, newest first. */
  list(query: WorkspaceEventQuery): Promise<WorkspaceEvent[]>
}
