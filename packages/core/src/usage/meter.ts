import { AsyncLocalStorage } from 'node:async_hooks'
import type { Config } from '../config/config.ts'
import type { Meter } from '../context/context.ts'
import { Limiter } from '../context/metering/limiter.ts'
import type { MonthUse } from '../context/metering/month-use.ts'
import { Outage } from '../context/metering/outage.ts'
import { tellOnce } from '../context/metering/tell-once.ts'
import { usageWarnings } from '../context/metering/usage-warnings.ts'
import type { EventRecorder } from '../context/workspace-events.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { BatchTotals } from '../model/usage.ts'
import type { Workspace } from '../model/workspace.ts'
import { Gathering } from './gathering.ts'
import { createNotes } from './notes.ts'
import { Sending } from './sending.ts'
import { twice } from './twice.ts'

/** Events written at once; more wait for the next commit. The more there are, the less each costs (docs/performance.md). */
const MAX_BATCH = 5000
/** So many are never divided: a commit takes longer than to answer them. */
const MIN_SHARE = 32
/** Waits between attempts to write a batch, until those who wait for it are told; then further ones, the longest apart. */
const RETRY_DELAYS_MS = [50, 250, 1000]
const LONGEST_DELAY_MS = 1000
/** With so many events waiting there is no second attempt before the storage counts as away: each is a response that is held. */
const MAX_HELD = MAX_BATCH
/** How long admissions may wait for an event to be written with. */
const USES_WAIT_MS = 100
/** How long closing waits for the storage with events that were answered: a supervisor commonly gives a process ten seconds. */
const CLOSING_MS = 8000

/** The meter with what it keeps account of. */
export interface Metering {
  readonly meter: Meter
  readonly limiter: Limiter
  readonly outage: Outage
  close(): Promise<void>
}

/**
 * Writes usage events in groups: while one commit is under way, the events of other requests gather for the next, so the
 * cost of a commit is shared (docs/architecture.md, "The meter"). The use of windows goes along, and the totals of all processes
 * come back for the limiter. What it does while the storage is away is the option `meter.whenUnavailable`.
 */
export function createMeter(
  { storage, logger, meter: options, plans, now }: Config,
  events: EventRecorder,
): Metering {
  const { commit, whenUnavailable, queueEvents } = options
  const isLossy = commit === 'after-response'
  /** Whether events are kept for as long as the storage is away; else those who wait for them are told in vain. */
  const keepsEvents = whenUnavailable !== 'refuse' || isLossy
  const limiter = new Limiter(isUrgent => (isUrgent ? wake() : wakeSoon()))
  const outage = new Outage(options, logger, wake)
  const notes = createNotes(storage, logger, outage)
  /** The last one is being filled; those before it are full. */
  let gatherings = [new Gathering()]
  let waitingEvents = 0
  let unmetered = 0
  let running: Promise<void> | undefined
  let usesTimer: NodeJS.Timeout | undefined
  let areUsesDue = false
  let isClosing = false
  let isPatient = true

  const hasEvents = () => (gatherings[0] as Gathering).events.length > 0
  const hasWork = () =>
    hasEvents() || areUsesDue || limiter.isUrgent || limiter.hasQuestions || outage.isInQuestion

  // It goes on for as long as there is work: what it logs and asks must not count as part of the request that woke it.
  const ofNoRequest = AsyncLocalStorage.snapshot()

  function wake(): void {
    running ??= ofNoRequest(run)
  }

  function wakeSoon(): void {
    if (running !== undefined || usesTimer !== undefined) return
    usesTimer = setTimeout(() => {
      usesTimer = undefined
      areUsesDue = true
      wake()
    }, USES_WAIT_MS).unref()
  }

  async function run(): Promise<void> {
    // One turn of the event loop, in which the requests that arrived together can join.
    await nextTurn()
    let written: Gathering | undefined
    // Who is answered may be metered once more, by another guard.
    while (hasWork() || written !== undefined) {
      if (limiter.hasQuestions) {
        written?.release()
        written = undefined
        await ask()
      }
      const wasInQuestion = outage.isInQuestion
      if (hasEvents() || areUsesDue || limiter.isUrgent || wasInQuestion) {
        const writing = write(take(written))
        // The storage has work before this process makes the answers that waited for the batch before, which takes as long.
        await nextTurn()
        written?.release()
        written = await writing
      } else {
        written?.release()
        written = undefined
      }
      areUsesDue = false
      if (isClosing && wasInQuestion && outage.isOn) {
        lose(gatherings, undefined)
        gatherings = [new Gathering()]
        break
      }
    }
    written?.release()
    running = undefined
    if (limiter.hasUses) wakeSoon()
  }

  /**
   * What is to be written next: at most half of whom there is to answer. Callers who wait for an answer before they ask again would
   * otherwise end up in one batch, and this process had nothing to do while it is written, and the storage nothing while it is answered.
   * @param answered those who are answered meanwhile
   */
  function take(answered: Gathering | undefined): Sending {
    const gathering = gatherings.shift() as Gathering
    if (gatherings.length === 0) {
      const half = Math.ceil((gathering.events.length + (answered?.events.length ?? 0)) / 2)
      gatherings = [gathering.giveAwayAfter(isLossy ? MAX_BATCH : Math.max(MIN_SHARE, half))]
    }
    return new Sending(gathering, limiter.send(now().getTime()))
  }

  /**
   * Writes a batch, and again and again while its outcome is unknown: what is stored already changes nothing.
   * @returns those who may be told that it is written
   */
  async function write(sending: Sending): Promise<Gathering | undefined> {
    for (let attempt = 0; ; attempt++) {
      const totals = await attemptToWrite(sending, attempt)
      if (totals === 'given up') return undefined
      if (totals !== undefined) return settle(sending, totals)
      if (sending.isInDoubt) continue
      await new Promise(resolve => setTimeout(resolve, RETRY_DELAYS_MS[attempt] ?? LONGEST_DELAY_MS))
    }
  }

  async function attemptToWrite(
    sending: Sending,
    attempt: number,
  ): Promise<BatchTotals | 'given up' | undefined> {
    try {
      const append = () => sending.append(storage)
      if (attempt > 0 || outage.isOn || waitingEvents >= MAX_HELD) return await append()
      return await twice(append, error => beginOutage(sending, error))
    } catch (error) {
      return error instanceof StorageUnavailableError
        ? failedAway(sending, attempt, error)
        : failed(sending, attempt, error)
    }
  }

  function failedAway(
    sending: Sending,
    attempt: number,
    error: StorageUnavailableError,
  ): 'given up' | undefined {
    gatherings.unshift(...sending.takeHalves())
    beginOutage(sending, error)
    if (attempt < RETRY_DELAYS_MS.length) return undefined
    if (!keepsEvents) tellInVain(sending, error, gatherings.splice(0, gatherings.length, new Gathering()))
    return isWorthWaiting() ? undefined : giveUp(sending, error)
  }

  /** The storage is there, and does not take the batch. */
  function failed(sending: Sending, attempt: number, error: unknown): 'given up' | undefined {
    outage.dismiss()
    if (sending.doubtEvents(attempt)) return undefined
    if (sending.isRepeated(attempt)) {
      const events = sending.gathering.events.length
      logger.warn({ error, events }, 'Writing usage events failed; trying again.')
      return undefined
    }
    tellInVain(sending, error, [])
    return giveUp(sending, error)
  }

  /** Whether there is to be a further attempt while the storage is away. Events that were answered have no other copy. */
  function isWorthWaiting(): boolean {
    return !isClosing || (keepsEvents && isPatient && waitingEvents > 0)
  }

  function settle(sending: Sending, totals: BatchTotals): Gathering {
    const { gathering, windows } = sending
    gatherings.unshift(...sending.takeHalves())
    if (outage.isInQuestion) endOutage()
    const months = limiter.learn(windows, totals)
    leave(gathering)
    for (const month of months) {
      const workspace = gathering.workspaces.get(month.workspaceId)
      if (workspace !== undefined) warn(workspace, month)
    }
    return gathering
  }

  /** The events of a gathering wait no more. */
  function leave(gathering: Gathering): void {
    waitingEvents -= gathering.events.length
    outage.queueIsFull = waitingEvents >= queueEvents
    gathering.end()
  }

  function beginOutage({ gathering }: Sending, error: StorageUnavailableError): void {
    const time = now().getTime()
    outage.begin(time)
    outage.tell(error)
    const isServing = outage.serves(time)
    limiter.release(isServing ? undefined : error)
    // They are served by what is known, and their events wait.
    if (isServing) for (const waiting of [gathering, ...gatherings]) waiting.release()
  }

  function endOutage(): void {
    outage.end({ waiting: waitingEvents, unmetered })
    unmetered = 0
  }

  /**
   * Nobody waits longer than these attempts take. Where callers are told that their requests could not be metered, the events must not
   * be written any more.
   * @param behind what gathered meanwhile, if it is in vain, too
   */
  function tellInVain(sending: Sending, cause: unknown, behind: readonly Gathering[]): void {
    const vain = [sending.takeEvents(), ...behind]
    const events = vain.flatMap(gathering => gathering.events)
    if (events.length > 0)
      logger.error(
        { error: cause, events: events.length, requestId: events[0]?.requestId },
        'Usage events could not be written.',
      )
    const error = unavailable(cause)
    limiter.release(error)
    for (const gathering of vain) {
      leave(gathering)
      gathering.fail(error)
    }
  }

  /** What a batch holds of events and uses will not be written. */
  function giveUp({ gathering, windows }: Sending, error: unknown): 'given up' {
    limiter.abandon(windows)
    lose([gathering], error)
    return 'given up'
  }

  function lose(gatherings: readonly Gathering[], error: unknown): void {
    const events = gatherings.reduce((sum, gathering) => sum + gathering.events.length, 0)
    if (events > 0)
      logger.error({ error, events }, 'Usage events are lost: the storage stayed away until the end.')
    for (const gathering of gatherings) {
      leave(gathering)
      gathering.fail(unavailable(error))
    }
  }

  /** Asks about what is not known. Nothing is on its way meanwhile, so the answer is about all that this process has written. */
  async function ask(): Promise<void> {
    const asked = limiter.ask(now().getTime())
    try {
      const totals = await twice(() => storage.usage.totals(asked.questions, asked.months))
      limiter.learn(asked.windows, totals)
    } catch (error) {
      if (outage.explains(error, now().getTime())) return limiter.release()
      logger.error({ error }, 'The limits could not be looked up.')
      limiter.release(error instanceof StorageUnavailableError ? error : unavailable(error))
    }
  }

  /** Tells the owners what of their month is used up. */
  function warn(workspace: Workspace, use: MonthUse): void {
    const plan = plans[workspace.plan]
    if (plan === undefined) return
    tellOnce({ events, outage, logger, now }, use, usageWarnings(use, workspace, plan))
  }

  async function flush(): Promise<void> {
    // A request that ends when a commit does may begin the next one.
    do {
      areUsesDue = limiter.hasUses
      if (hasWork()) wake()
      await running
    } while (hasEvents() && !outage.isOn)
    await notes.flush()
  }

  return {
    limiter,
    outage,
    meter: {
      record(event, admission, waiter) {
        if (outage.isOn && whenUnavailable === 'admit') {
          unmetered++
          const { month, priceNanoEuro, turn } = admission.place
          month?.end(priceNanoEuro, turn)
          waiter.committed()
          return
        }
        let gathering = gatherings.at(-1) as Gathering
        if (gathering.events.length === MAX_BATCH) {
          gathering = new Gathering()
          gatherings.push(gathering)
        }
        const isWaitedFor = !isLossy && !(outage.isOn && keepsEvents)
        gathering.add(event, admission, isWaitedFor ? waiter : undefined)
        waitingEvents++
        if (waitingEvents >= queueEvents) outage.queueIsFull = true
        wake()
        if (!isWaitedFor) waiter.committed()
      },
      note: notes.note,
      noteUnproven: notes.noteUnproven,
      touch: notes.touch,
      flush,
    },
    async close() {
      isClosing = true
      clearTimeout(usesTimer)
      const patience = setTimeout(() => {
        isPatient = false
      }, CLOSING_MS)
      await flush()
      clearTimeout(patience)
      await notes.close()
    },
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function unavailable(cause: unknown): StorageUnavailableError {
  return new StorageUnavailableError('The usage of this request could not be recorded. Try again.', { cause })
}
