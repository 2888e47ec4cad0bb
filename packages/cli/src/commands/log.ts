import { setTimeout as sleep } from 'node:timers/promises'
import {
  existingClient,
  existingWorkspace,
  type RequestLogEntry,
  type RequestLogQuery,
  type Storage,
  StorageUnavailableError,
} from '@xwms/core'
import { type Command, Option } from 'commander'
import { type CommandEnvironment, withEnvironment } from '../environment.ts'
import { address, time, wholeNumber, workspaceOrClient } from '../option-values.ts'
import { type Fields, line, list, wire, writeResult } from '../result.ts'
import type { XwmsCommand } from '../xwms-command.ts'

interface LogOptions {
  readonly workspace?: string
  readonly client?: string
  readonly status?: number
  readonly refusedBy?: string
  readonly route?: string
  readonly ip?: string
  readonly requestId?: string
  readonly from?: Date
  readonly to?: Date
  readonly limit: number
  readonly follow?: boolean
}

const HELP = `
Metadata of requests: refused ones with the rule that refused and what it saw, and admitted ones as the option requestLog keeps
them. With --follow what comes is printed as it comes, until Ctrl-C; with --json a line of JSON for each.

Examples:
  $ xwms log --client cl_…
  $ xwms log --client cl_… --refused-by ip_not_allowed --from 2026-01-31
  $ xwms log --workspace ws_… --request-id 8f14e45f --json
  $ xwms log --workspace ws_… --client cl_…
  $ xwms log --client cl_… --follow`

const DAY_MS = 86_400_000
const USUAL_DAYS = 7
/** How far the clock of another process may be ahead, and how late it may write. */
const TOLERANCE_MS = 60_000
const COLUMNS = ['at', 'status', 'refused_by', 'route', 'client_id', 'ip', 'request_id']

export function addLogCommand(program: XwmsCommand): void {
  program
    .command('log')
    .description('show requests and why they were refused, newest first')
    .option('--workspace <id>', 'of all clients of a workspace')
    .option('--client <id>', 'of one client; one that is gone is asked for with its --workspace')
    .option('--status <status>', 'such as 403', wholeNumber(100, 599))
    .option('--refused-by <code>', 'such as ip_not_allowed')
    .option('--route <route>', 'such as "GET /orders"')
    .option('--ip <address>', 'from where', address)
    .option('--request-id <id>', 'one request')
    .option('--from <time>', 'a day or a time (default: seven days ago)', time)
    .option('--to <time>', 'up to but without it (default: now)', time)
    .option('--limit <number>', 'how many at most', wholeNumber(1, 1000), 50)
    .addOption(new Option('--follow', 'go on with what comes').conflicts(['from', 'to', 'limit']))
    .addHelpText('after', HELP)
    .check(workspaceOrClient)
    .action(async (options: LogOptions, command: Command) => {
      await withEnvironment(async environment => {
        const query = await queryOf(environment, options)
        if (options.follow) return follow(environment.storage, query, isJson(command))
        const entries = await environment.storage.requestLog.search(query)
        writeResult(list('requests', COLUMNS, entries.map(entryFields)), command)
      })
    })
}

async function queryOf(environment: CommandEnvironment, options: LogOptions): Promise<RequestLogQuery> {
  const { workspace, client, status, refusedBy, route, ip, requestId, limit } = options
  const whose =
    workspace === undefined
      ? await existingClient(environment, client ?? '').then(({ id, workspaceId }) => ({
          clientId: id,
          workspaceId,
        }))
      : { workspaceId: (await existingWorkspace(environment, workspace)).id, clientId: client }
  const to = options.to ?? new Date(environment.now.getTime() + TOLERANCE_MS)
  const from = options.from ?? new Date(to.getTime() - USUAL_DAYS * DAY_MS)
  return { ...whose, status, refusedBy, route, ip, requestId, from, to, limit }
}

const EVERY_MS = 1000
/** Of one look; whoever has more in a second has no use for watching them. */
const MOST = 1000

/** Prints entries as they come. Each is looked for again for a while, because processes write theirs in no order. */
async function follow({ requestLog }: Storage, query: RequestLogQuery, json: boolean): Promise<void> {
  const stop = new AbortController()
  const end = () => stop.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  const began = Date.now()
  let looked = began
  let isAway = false
  /** When each was seen. */
  const seen = new Map<string, number>()
  while (!stop.signal.aborted) {
    const now = Date.now()
    const from = new Date(Math.max(began, looked - TOLERANCE_MS))
    const to = new Date(now + TOLERANCE_MS)
    const found = await requestLog.search({ ...query, from, to, limit: MOST }).catch(unlessAway)
    if (found === undefined && !isAway)
      process.stderr.write('PostgreSQL is away; going on when it is back.\n')
    if (found !== undefined && isAway) process.stderr.write('PostgreSQL is back.\n')
    isAway = found === undefined
    if (found !== undefined) {
      for (const entry of found.reverse()) {
        if (!seen.has(entry.id)) process.stdout.write(`${written(entry, json)}\n`)
        seen.set(entry.id, now)
      }
      for (const [id, at] of seen) if (at < looked - TOLERANCE_MS) seen.delete(id)
      looked = now
    }
    // Aborted is what it is meant to be.
    await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => {})
  }
}

/** Somebody who watches while PostgreSQL restarts goes on watching. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof StorageUnavailableError)) throw error
}

function written(entry: RequestLogEntry, json: boolean): string {
  return json ? JSON.stringify(wire(entryFields(entry))) : line(COLUMNS, entryFields(entry))
}

function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true
}

function entryFields(entry: RequestLogEntry): Fields {
  return {
    id: entry.id,
    at: entry.at,
    request_id: entry.requestId,
    client_id: entry.clientId,
    domain_id: entry.domainId,
    route: entry.route,
    status: entry.status,
    duration_ms: entry.durationMs,
    ip: entry.ip,
    user_agent: entry.userAgent,
    refused_by: entry.refusedBy,
    facts: entry.facts,
  }
}
