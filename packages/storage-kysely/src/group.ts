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

/**
 * A condition that every hash meets, for rows of JSON with one each. PostgreSQL takes any JSON for a hundred rows, and would
 * rather read a table from end to end than look up so many; the plan stays when the table has grown. A range it takes for
 * very few, and looks up each by its index.
 */
export const FEW_HASHES = `hash collate "C" between '' and '~'`

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

/** A query for one row by its key. */
export interface Lookup {
  /** Unique among the statements. */
  readonly name: string
  readonly columns: string
  /** What follows the word FROM. */
  readonly from: string
  /** The columns of the key, each a text; together they are unique. */
  readonly key: readonly string[]
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
  database: Database,
  { name, text, values, results, key, alone }: GroupStatement<Item, Result>,
): (item: Item) => Promise<Result> {
  const one = database.prepared<object>(name, `with ${text('true')}`)
  const many = database.prepared<object>(
    `${name}-together`,
    `with ${PATIENCE}, ${text('(select armed from patience)')}`,
  )
  return gathered(
    database,
    async items => {
      const [item] = items
      if (alone && item !== undefined && items.length === 1) return [await alone(item)]
      const rows = await (items.length > 1 ? many : one)(values(items))
      return results(rows, items)
    },
    key,
  )
}

/**
 * Looks up rows in groups, too: to send a query and to read its answer costs this process several times what it costs
 * PostgreSQL to find the row.
 */
export function groupedLookup<Row extends object>(
  database: Database,
  { name, columns, from, key }: Lookup,
): (...key: readonly string[]) => Promise<Row | undefined> {
  const keys = key.map((column, index) => ({ column, name: `key_${index}` }))
  // JSON, of which PostgreSQL takes any for a hundred rows: from an array it would learn how many keys there are, and make a
  // new plan each time, which takes longer than to carry it out. And one row after the other by its index, whatever it
  // thinks of their number.
  const find = database.prepared<Row & { position: number }>(
    name,
    `select position::integer, found.*
    from rows from (json_to_recordset($1::json) as (${keys.map(({ name }) => `${name} text`).join(', ')}))
      with ordinality as asked(${keys.map(({ name }) => name).join(', ')}, position)
    cross join lateral (
      select ${columns} from ${from}
      where ${keys.map(({ column, name }) => `${column} = asked.${name}`).join(' and ')} limit 1
    ) as found`,
  )
  const lookUp = gathered<readonly string[], Row | undefined>(database, async asked => {
    const given = asked.map(values =>
      Object.fromEntries(keys.map(({ name }, index) => [name, values[index]])),
    )
    const found: (Row | undefined)[] = asked.map(() => undefined)
    for (const row of await find([JSON.stringify(given)])) found[row.position - 1] = row
    return found
  })
  return (...values) => lookUp(values)
}

/** @param answer serves a group of calls by one statement; those with the same `key` are never in one group */
function gathered<Item, Result>(
  { target }: Database,
  answer: (items: readonly Item[]) => Promise<readonly Result[]>,
  key?: (item: Item) => string,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let lanes = 0
  let busy = 0
  let underWay = 0

  /**
   * Whether what waits is worth a statement of its own: while another serves sixteen calls, one for two of them would cost
   * PostgreSQL as much again. Under load this saves it, and this process, a tenth of the time.
   */
  const isWorthwhile = () => waiting.length >= underWay

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
    while (waiting.length > 0 && isWorthwhile()) {
      const group = take()
      busy += 1
      underWay += group.length
      await (group.length > 1 ? serve(group) : awhile(serve(group)))
      busy -= 1
      underWay -= group.length
    }
    lanes -= 1
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (lanes === LANES || !isWorthwhile()) return
      lanes += 1
      void serveAll()
    })
}
