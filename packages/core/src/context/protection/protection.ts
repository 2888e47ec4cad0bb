import type { Block } from '../../model/block.ts'
import type { Client, Secret } from '../../model/client.ts'
import type { TrialPurpose } from './rules.ts'
import type { Trial } from './trial.ts'

/** An attempt that was let begin. */
export interface Attempt {
  /** It was wrong: what that means for the next one follows in the background. */
  failed(): void
  /** It was not made after all. */
  withdrawn(): Promise<void>
  /** It was right: neither it nor what was wrong before it from there counts any more. */
  succeeded(): Promise<void>
}

/** Who proved a secret. */
export interface ProvenCaller {
  readonly secret: Secret
  readonly client: Client
}

/** Slows down and blocks whoever tries too much (docs/abuse.md). */
export interface Protection {
  /** Whether anybody at all is blocked for a purpose; looked at before anything about a caller is. */
  blocksAny(purpose: TrialPurpose): boolean
  /** The block that holds for somebody. From memory; the owner's log hears of it now and then. */
  blockOf(trial: Trial): Block | undefined
  /**
   * @param proof the hash of what somebody tries; whoever proved the same lately is let through
   * @throws {HttpError} 429 `too_many_attempts` where a block holds
   */
  check(trial: Trial, proof?: string): void
  /** Remembers who proved a secret, and, in the background, where from. */
  proven(trial: Trial, caller: ProvenCaller): void
  /** Notes where a proven caller calls from, in the background. */
  usedFrom(caller: ProvenCaller, ip: string): void
  /** Counts a failure, where making the attempt was not what had to be bounded. */
  failed(trial: Trial): Promise<void>
  /**
   * Counts an attempt before it is made: of a burst no more get through than are allowed.
   * @throws {HttpError} 429 `too_many_attempts`
   */
  begin(trial: Trial): Promise<Attempt>
  /** Counts a request of a proven caller beyond its limit, in memory; the storage hears of many together. */
  refusedByLimit(trial: Trial): void
  /** Resolves when what goes on in the background is done. */
  settled(): Promise<void>
  /** Learns who is blocked, once the storage can be asked. */
  ready(): Promise<void>
  close(): Promise<void>
}
