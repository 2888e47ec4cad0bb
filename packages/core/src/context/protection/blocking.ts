import { v7 as uuidv7 } from 'uuid'
import type { Config } from '../../config/config.ts'
import type { ProtectionOptions } from '../../config/protection.ts'
import type { Block, Failure } from '../../model/block.ts'
import type { FailureCounts } from '../../storage/protection.ts'
import type { EventRecorder } from '../workspace-events.ts'
import type { KnownBlocks } from './known-blocks.ts'
import { durationSeconds, type Verdict } from './rules.ts'
import { tellOfBlock } from './tell.ts'
import { blockSubject, type Origin, type Trial } from './trial.ts'

/** Blocks that were made in the last day make the next one longer. */
const REPEATS_COUNT_MS = 24 * 60 * 60 * 1000
/** Places where a login was used in this time are known for it. */
const KNOWN_PLACES_MS = 180 * 24 * 60 * 60 * 1000
const MAX_KNOWN_PLACES = 50

interface Surroundings extends Pick<Config, 'storage' | 'now' | 'logger'> {
  readonly options: ProtectionOptions
  readonly events: EventRecorder
}

/** A trial that was counted against whoever made it. */
export interface Counted {
  readonly trial: Trial
  readonly origin: Origin
  readonly failure: Failure
  readonly counts: FailureCounts
}

/** Makes the blocks that verdicts ask for, one of a subject at a time. */
export interface Blocking {
  /**
   * Answers verdicts: at once here, and through the storage everywhere. Whoever is blocked is not blocked anew: what was under way when
   * they were is part of the same offence, in whatever process it ends.
   */
  answer(counted: Counted, verdicts: readonly Verdict[]): void
  /** Where what is tried was used before. */
  knownPlaces(trial: Pick<Trial, 'purpose' | 'subject'>): Promise<string[]>
}

export function createBlocking(
  surroundings: Surroundings,
  blocks: KnownBlocks,
  inBackground: (work: () => Promise<void>) => void,
): Blocking {
  const { storage, now, options } = surroundings
  /** Whom a block is being made of. */
  const making = new Set<string>()

  function knownPlaces({ purpose, subject }: Pick<Trial, 'purpose' | 'subject'>): Promise<string[]> {
    const since = new Date(now().getTime() - KNOWN_PLACES_MS)
    return storage.knownOrigins.list(`${purpose} ${subject}`, since, MAX_KNOWN_PLACES)
  }

  /** It ends as the first one does; whether it is the first is found out when it is stored. */
  function blockFor(subject: string, { origin, counts }: Counted, { rule, score, count }: Verdict): Block {
    const createdAt = now()
    return {
      id: uuidv7(),
      subject,
      answer: rule.answer,
      reason: rule.reason,
      score,
      workspaceId: undefined,
      clientId: undefined,
      exempt: [],
      createdAt,
      expiresAt: endOf(rule.answer, createdAt, 0),
      liftedAt: undefined,
      facts: {
        failures: count,
        threshold: options[rule.threshold],
        window_seconds: options.windowSeconds,
        ...(origin.device ? {} : { network: origin.name }),
        subjects: counts.originSubjects,
        origins: counts.subjectOrigins,
      },
    }
  }

  function endOf(answer: Block['answer'], createdAt: Date, repeats: number): Date {
    return new Date(createdAt.getTime() + durationSeconds(answer, repeats, options) * 1000)
  }

  async function store({ trial, failure }: Counted, { rule }: Verdict, block: Block): Promise<void> {
    const { subject, answer, createdAt } = block
    const [client, repeats, exempt] = await Promise.all([
      trial.clientId === undefined ? undefined : storage.clients.find(trial.clientId),
      storage.blocks.count(subject, new Date(createdAt.getTime() - REPEATS_COUNT_MS)),
      rule.about === 'subject' ? knownPlaces(trial) : [],
    ])
    const whole: Block = {
      ...block,
      expiresAt: endOf(answer, createdAt, repeats),
      exempt,
      workspaceId: client?.workspaceId,
      clientId: client?.id,
    }
    const result = await storage.blocks.add(whole, failure.at)
    const stored = result.outcome === 'added' ? whole : result.standing
    if (rule.about === 'subject') blocks.add(stored)
    else blocks.replace(block, stored)
    if (result.outcome === 'added') await tellOfBlock(surroundings, trial, rule, whole, client)
  }

  return {
    answer(counted, verdicts) {
      for (const verdict of verdicts) {
        const { trial, origin } = counted
        const subject = blockSubject(verdict.rule.about, trial.purpose, origin.name, trial.subject)
        if (making.has(subject) || blocks.has(subject)) continue
        const block = blockFor(subject, counted, verdict)
        // Whoever is known elsewhere must be found out first; a moment more of guessing is bounded by `tooSoon`.
        if (verdict.rule.about !== 'subject') blocks.add(block)
        making.add(subject)
        inBackground(() => store(counted, verdict, block).finally(() => making.delete(subject)))
      }
    },
    knownPlaces,
  }
}
