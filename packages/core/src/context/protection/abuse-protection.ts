import { LRUCache } from 'lru-cache'
import { v7 as uuidv7 } from 'uuid'
import type { Config } from '../../config/config.ts'
import type { ProtectionOptions } from '../../config/protection.ts'
import { HttpError, StorageUnavailableError } from '../../errors.ts'
import type { Block, Failure } from '../../model/block.ts'
import type { FailureCounts } from '../../storage/protection.ts'
import type { Meter } from '../context.ts'
import type { Outage } from '../metering/outage.ts'
import type { EventRecorder } from '../workspace-events.ts'
import { createKnownBlocks, type KnownBlocks } from './known-blocks.ts'
import { createLimitRefusals } from './limit-refusals.ts'
import type { Protection, ProvenCaller } from './protection.ts'
import { durationSeconds, judge, type Verdict } from './rules.ts'
import { createSecretPlaces } from './secret-places.ts'
import { tellOfBlock } from './tell.ts'
import { answersTo, blockSubject, failuresBehind, type Origin, originOf, type Trial } from './trial.ts'

/** Blocks that were made in the last day make the next one longer. */
const REPEATS_COUNT_MS = 24 * 60 * 60 * 1000
/** Who proved a secret in this time is let through a block. */
const PROVERS_REMEMBERED_MS = 24 * 60 * 60 * 1000
const MAX_PROVERS = 50_000
/** An owner's log is told of what a block refuses, but not of each time. */
const NOTE_INTERVAL_MS = 60_000
const MAX_NOTED = 1000
/** Places where a login was used in this time are known for it. */
const KNOWN_PLACES_MS = 180 * 24 * 60 * 60 * 1000
const MAX_KNOWN_PLACES = 50

interface Surroundings extends Pick<Config, 'storage' | 'now' | 'logger'> {
  readonly options: ProtectionOptions
  readonly meter: Pick<Meter, 'note'>
  readonly outage: Pick<Outage, 'tell'>
  readonly events: EventRecorder
}

export function createAbuseProtection(surroundings: Surroundings): Protection {
  const { storage, now, logger, options, meter, outage } = surroundings
  const limitRefusals = createLimitRefusals(options.limitRefusals, options.windowSeconds)
  const blocks: KnownBlocks = createKnownBlocks(surroundings, ({ subject: blocked }) => {
    const { purpose, origin, subject } = failuresBehind(blocked)
    if (purpose === 'limit') limitRefusals.forget(`${origin} ${subject}`)
  })
  const places = createSecretPlaces(surroundings)
  const provers = new LRUCache<string, true>({ max: MAX_PROVERS, ttl: PROVERS_REMEMBERED_MS })
  const noted = new LRUCache<string, number>({ max: MAX_NOTED })
  const background = new Set<Promise<void>>()

  function inBackground(work: () => Promise<void>): void {
    const running = work()
      .catch(error => {
        if (error instanceof StorageUnavailableError) return outage.tell(error)
        logger.error({ error }, 'The protection against abuse could not do its work.')
      })
      .finally(() => background.delete(running))
    background.add(running)
  }

  async function settled(): Promise<void> {
    while (background.size > 0) await Promise.all(background)
  }

  function failureOf(trial: Trial, origin: Origin, weight: number): { failure: Failure; since: Date } {
    const at = now()
    const windowMs = options.windowSeconds * 1000
    return {
      failure: {
        id: uuidv7(),
        at,
        purpose: trial.purpose,
        origin: origin.name,
        subject: trial.subject,
        weight,
        expiresAt: new Date(at.getTime() + windowMs),
      },
      since: new Date(at.getTime() - windowMs),
    }
  }

  function verdictsOn(trial: Trial, origin: Origin, counts: FailureCounts, trusted = false): Verdict[] {
    return judge(trial.purpose, counts, { trusted, now: now() }, options).filter(({ rule }) =>
      answersTo(rule, origin),
    )
  }

  /** Answers verdicts: at once here, and through the storage everywhere. */
  function answer(trial: Trial, origin: Origin, counts: FailureCounts, verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const { rule } = verdict
      const createdAt = now()
      const lasting = (repeats: number) =>
        new Date(createdAt.getTime() + durationSeconds(rule.answer, repeats, options) * 1000)
      const block: Block = {
        id: uuidv7(),
        subject: blockSubject(rule.about, trial.purpose, origin.name, trial.subject),
        answer: rule.answer,
        reason: rule.reason,
        score: verdict.score,
        workspaceId: undefined,
        clientId: undefined,
        exempt: [],
        createdAt,
        expiresAt: lasting(0),
        liftedAt: undefined,
        facts: {
          failures: verdict.count,
          threshold: options[rule.threshold],
          window_seconds: options.windowSeconds,
          ...(origin.device ? {} : { network: origin.name }),
          subjects: counts.originSubjects,
          origins: counts.subjectOrigins,
        },
      }
      // Whoever is known elsewhere must be found out first; a moment more of guessing is bounded by `tooSoon`.
      if (rule.about !== 'subject') blocks.add(block)
      inBackground(async () => {
        const [client, repeats, exempt] = await Promise.all([
          trial.clientId === undefined ? undefined : storage.clients.find(trial.clientId),
          storage.blocks.count(block.subject, new Date(createdAt.getTime() - REPEATS_COUNT_MS)),
          rule.about === 'subject' ? knownPlaces(trial) : [],
        ])
        const whole: Block = {
          ...block,
          expiresAt: lasting(repeats),
          exempt,
          workspaceId: client?.workspaceId,
          clientId: client?.id,
        }
        blocks.add(whole)
        const { outcome } = await storage.blocks.add(whole)
        if (outcome === 'added') await tellOfBlock(surroundings, trial, rule, whole, client)
      })
    }
  }

  function knownPlaces({ purpose, subject }: Trial): Promise<string[]> {
    const since = new Date(now().getTime() - KNOWN_PLACES_MS)
    return storage.knownOrigins.list(`${purpose} ${subject}`, since, MAX_KNOWN_PLACES)
  }

  function blockOf(trial: Trial): Block | undefined {
    const { purpose, subject } = trial
    return blocks.any(purpose) ? blocks.find(purpose, originOf(trial), subject) : undefined
  }

  function check(trial: Trial, proof?: string): void {
    if (!blocks.any(trial.purpose)) return
    // Who proved it lately is no guesser: the block is for others who come from there, or who name the same client.
    if (proof !== undefined && provers.has(`${trial.subject} ${proof}`)) return
    const block = blockOf(trial)
    if (block === undefined) return
    noteRefusal(trial, block)
    throw refused(block.expiresAt)
  }

  function usedFrom({ secret, client }: ProvenCaller, ip: string): void {
    if (!places.isKnown(secret, ip)) inBackground(() => places.see(secret, client, ip))
  }

  function noteRefusal(trial: Trial, block: Block): void {
    if (block.workspaceId === undefined || block.clientId === undefined) return
    const time = now()
    if (time.getTime() - (noted.get(block.id) ?? Number.NEGATIVE_INFINITY) < NOTE_INTERVAL_MS) return
    noted.set(block.id, time.getTime())
    meter.note({
      id: uuidv7(),
      at: time,
      requestId: trial.request.requestId,
      workspaceId: block.workspaceId,
      clientId: block.clientId,
      domainId: undefined,
      route: trial.request.route,
      status: 429,
      durationMs: 0,
      ip: trial.ip,
      userAgent: trial.request.userAgent,
      refusedBy: 'too_many_attempts',
      facts: {
        block: block.id,
        reason: block.reason,
        expires_at: block.expiresAt.toISOString(),
        ...block.facts,
      },
    })
  }

  function refused(until: Date): HttpError {
    const seconds = Math.max(1, Math.ceil((until.getTime() - now().getTime()) / 1000))
    return new HttpError(
      429,
      'too_many_attempts',
      `Too many attempts failed here. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, and try again.`,
      { headers: { 'retry-after': String(seconds) } },
    )
  }

  return {
    ready: blocks.ready,
    blocksAny: blocks.any,
    blockOf,
    check,
    proven(trial, caller) {
      provers.set(`${trial.subject} ${caller.secret.hash}`, true)
      usedFrom(caller, trial.ip)
    },
    usedFrom,
    async failed(trial) {
      const origin = originOf(trial)
      const { failure, since } = failureOf(trial, origin, 1)
      const counts = await storage.failures.record(failure, since)
      answer(trial, origin, counts, verdictsOn(trial, origin, counts))
    },
    async begin(trial) {
      check(trial)
      const origin = originOf(trial)
      const { purpose, subject } = trial
      const { failure, since } = failureOf(trial, origin, 1)
      const counts = await storage.failures.record(failure, since)
      const forget = () => storage.failures.forget(failure.id)
      let verdicts = verdictsOn(trial, origin, counts)
      if (verdicts.some(({ rule }) => rule.about === 'subject')) {
        const trusted = (await knownPlaces(trial)).includes(origin.name)
        verdicts = verdictsOn(trial, origin, counts, trusted)
      }
      const block = blockOf(trial)
      const tooSoon = verdicts.filter(verdict => verdict.tooSoon)
      if (block !== undefined || tooSoon.length > 0) {
        await forget()
        if (block !== undefined) noteRefusal(trial, block)
        else answer(trial, origin, counts, tooSoon)
        const wait = Math.max(...tooSoon.map(({ rule }) => durationSeconds(rule.answer, 0, options)), 1)
        throw refused(block?.expiresAt ?? new Date(now().getTime() + wait * 1000))
      }
      return {
        failed: () => answer(trial, origin, counts, verdicts),
        withdrawn: forget,
        async succeeded() {
          await storage.failures.forgive({ purpose, origin: origin.name, subject })
          const place = originOf({ ip: trial.ip })
          if (place.known) await storage.knownOrigins.see(`${purpose} ${subject}`, place.name, now())
        },
      }
    },
    refusedByLimit(trial) {
      const origin = originOf(trial)
      const weight = limitRefusals.add(`${origin.name} ${trial.subject}`)
      if (weight === 0) return
      inBackground(async () => {
        const { failure, since } = failureOf(trial, origin, weight)
        const counts = await storage.failures.record(failure, since)
        answer(trial, origin, counts, verdictsOn(trial, origin, counts))
      })
    },
    settled,
    async close() {
      blocks.close()
      await settled()
    },
  }
}
