import { LRUCache } from 'lru-cache'
import { v7 as uuidv7 } from 'uuid'
import type { Config } from '../../config/config.ts'
import type { ProtectionOptions } from '../../config/protection.ts'
import { HttpError, StorageUnavailableError } from '../../errors.ts'
import type { Block } from '../../model/block.ts'
import type { Meter } from '../context.ts'
import type { Outage } from '../metering/outage.ts'
import type { EventRecorder } from '../workspace-events.ts'
import { type Counted, createBlocking } from './blocking.ts'
import { createKnownBlocks, type KnownBlocks } from './known-blocks.ts'
import { createLimitRefusals } from './limit-refusals.ts'
import type { Protection, ProvenCaller } from './protection.ts'
import { durationSeconds, judge, type Verdict } from './rules.ts'
import { createSecretPlaces } from './secret-places.ts'
import { answersTo, failuresBehind, originOf, type Trial } from './trial.ts'

/** Who proved a secret in this time is let through a block. */
const PROVERS_REMEMBERED_MS = 24 * 60 * 60 * 1000
const MAX_PROVERS = 50_000
/** An owner's log is told of what a block refuses, but not of each time. */
const NOTE_INTERVAL_MS = 60_000
const MAX_NOTED = 1000

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
  const { answer, knownPlaces } = createBlocking(surroundings, blocks, inBackground)
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

  /** Counts a trial, as one that failed or may fail. */
  async function count(trial: Trial, weight: number): Promise<Counted> {
    const origin = originOf(trial)
    const at = now()
    const windowMs = options.windowSeconds * 1000
    const failure = {
      id: uuidv7(),
      at,
      purpose: trial.purpose,
      origin: origin.name,
      subject: trial.subject,
      weight,
      expiresAt: new Date(at.getTime() + windowMs),
    }
    const counts = await storage.failures.record(failure, new Date(at.getTime() - windowMs))
    return { trial, origin, failure, counts }
  }

  function verdictsOn({ trial, origin, counts }: Counted, trusted = false): Verdict[] {
    return judge(trial.purpose, counts, { trusted, now: now() }, options).filter(({ rule }) =>
      answersTo(rule, origin),
    )
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
      const counted = await count(trial, 1)
      answer(counted, verdictsOn(counted))
    },
    async begin(trial) {
      check(trial)
      const { purpose, subject } = trial
      const counted = await count(trial, 1)
      const { origin, failure } = counted
      const forget = () => storage.failures.forget(failure.id)
      let verdicts = verdictsOn(counted)
      if (verdicts.some(({ rule }) => rule.about === 'subject')) {
        const trusted = (await knownPlaces(trial)).includes(origin.name)
        verdicts = verdictsOn(counted, trusted)
      }
      const block = blockOf(trial)
      const tooSoon = verdicts.filter(verdict => verdict.tooSoon)
      if (block !== undefined || tooSoon.length > 0) {
        await forget()
        if (block !== undefined) noteRefusal(trial, block)
        else answer(counted, tooSoon)
        const wait = Math.max(...tooSoon.map(({ rule }) => durationSeconds(rule.answer, 0, options)), 1)
        throw refused(block?.expiresAt ?? new Date(now().getTime() + wait * 1000))
      }
      return {
        failed: () => answer(counted, verdicts),
        withdrawn: forget,
        async succeeded() {
          await storage.failures.forgive({ purpose, origin: origin.name, subject })
          const place = originOf({ ip: trial.ip })
          if (place.known) await storage.knownOrigins.see(`${purpose} ${subject}`, place.name, now())
        },
      }
    },
    refusedByLimit(trial) {
      const weight = limitRefusals.add(`${originOf(trial).name} ${trial.subject}`)
      if (weight === 0) return
      inBackground(async () => {
        const counted = await count(trial, weight)
        answer(counted, verdictsOn(counted))
      })
    },
    settled,
    async close() {
      blocks.close()
      await settled()
    },
  }
}
