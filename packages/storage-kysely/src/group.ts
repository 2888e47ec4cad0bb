import { StorageUnavailableError } from '@xwms/core'
import type { Database } from './database.ts'
import { explained } from './unavailable.ts'

/** How many calls one statement serves at most; more wait for the next. */
const MOST_AT_ONCE = 500

/** How many statements are under way at most, and how many calls are too few to be divided among them. */
const LANES = 2
const TOO_FEW = 16

/**
 * How long calls wait for a lock that may not concern them. Behind one that is held longer, such as that of a client which
 * is being removed with all its tokens, those wait whom it does concern, and nobody else.
 */
const PATIENCE_MS = 500
const PATIENCE = `patience as materialized (
  select set_config('lock_timeout', '${PATIENCE_MS}ms', true) is not null as armed
)`

/** One statement for any number of calls. */
export interface GroupStatement<Item, Result> {
  /** Unique among the statements. */
  readonly name: string
  /**
   * What follows the word WITH.
   * @param armed a condition that is always true; whatever reads first asks for it
   */
  text(armed: string): string
  values(items: readonly Item[]): readonly unknown[]
  /** What the rows that the statement answers with say to each of the calls. */
  results(rows: readonly object[], items: readonly Item[]): readonly Result[]
  /** Two calls with the same key are never served by the same statement. */
  key?(item: Item): string
  /** Serves one call. By default the statement does; one that looks up several rows is slow for a single one. */
  alone?(item: Item): Promise<Result>
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Waits for a call that is served alone, but not long: it may wait for a lock as long as it takes, and needs no lane for it. */
function awhile(serving: Promise<void>): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, PATIENCE_MS).unref()
    void serving.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * Serves calls in groups: while one statement is under way, later calls gather for the next, so that they share the cost
 * of a commit. A statement that fails is undone, and repeated for each of its calls alone: most have nothing to do with
 * it. Not so where the database cannot be reached.
 */
export function grouped<Item, Result>(
  { prepared, target }: Database,
  { name, text, values, results, key, alone }: GroupStatement<Item, Result>,
): (item: Item) => Promise<Result> {
  const one = prepared<object>(name, `with ${text('true')}`)
  const many = prepared<object>(
    `${name}-together`,
    `with ${PATIENCE}, ${text('(select armed from patience)')}`,
  )
  let waiting: Waiting<Item, Result>[] = []
  let lanes = 0
  let busy = 0

  async function answer(items: readonly Item[]): Promise<readonly Result[]> {
    const [item] = items
    if (alone && item !== undefined && items.length === 1) return [await alone(item)]
    const rows = await (items.length > 1 ? many : one)(values(items))
    return results(rows, items)
  }

  async function serve(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const answers = await answer(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Result)
    } catch (error) {
      if (group.length > 1 && !(explained(error, target) instanceof StorageUnavailableError)) {
        // Nobody waits for these but their callers: one of them may be what the others failed for.
        for (const member of group) void serve([member])
      } else for (const { reject } of group) reject(error)
    }
  }

  /** Takes one lane's share of what can be served together, in the order of arrival. */
  function take(): Waiting<Item, Result>[] {
    const share = Math.ceil(waiting.length / (LANES - busy))
    const most = Math.min(Math.max(share, TOO_FEW), MOST_AT_ONCE)
    if (!key) return waiting.splice(0, most)
    const keys = new Set<string>()
    const group: Waiting<Item, Result>[] = []
    const later: Waiting<Item, Result>[] = []
    for (const each of waiting) {
      const own = key(each.item)
      const served = group.length < most && !keys.has(own)
      keys.add(own)
      ;(served ? group : later).push(each)
    }
    waiting = later
    return group
  }

  async function serveAll(): Promise<void> {
    // One turn of the event loop, in which calls that come together can join.
    await new Promise(resolve => setImmediate(resolve))
    while (waiting.length > 0) {
      const group = take()
      busy += 1
      await (group.length > 1 ? serve(group) : awhile(serve(group)))
      busy -= 1
    }
    lanes -= 1
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (lanes === LANES) return
      lanes += 1
      void serveAll()
    })
}
