import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { HttpError, OutboundError } from '../../errors.ts'
import type { Client } from '../../model/client.ts'
import { auditEntry } from '../audit-entry.ts'
import { changeStored } from '../change-stored.ts'
import type { ClientDocuments, Context, OutboundAnswer } from '../context.ts'
import { type ClientDescription, readDescription } from './client-description.ts'
import { sectorProblem } from './sector-document.ts'
import { hasRoom, type SelfMadeClients, selfMadeClient } from './self-made-client.ts'

type Surroundings = Pick<Context, 'config' | 'storage' | 'outbound' | 'logger' | 'now'>

/** The draft wants small documents (section 6.6). */
const MAX_BYTES = 65_536
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** How long a document is believed, whatever its server says of that. */
const LEAST_MS = 5 * MINUTE_MS
const MOST_MS = DAY_MS
/** How long one that cannot be read is not asked for again. */
const REFUSED_MS = MINUTE_MS
/** How long a client goes on working while its document cannot be read. */
const OUTAGE_MS = 7 * DAY_MS
/** How often it is written down that a document is still the same. */
const CONFIRM_MS = DAY_MS
const MAX_DOCUMENTS = 10_000
/** How many documents are fetched at once: addresses come from anybody. */
const MAX_FETCHES = 16

/** What came of looking at a document: a client, or why there is none. */
type Outcome = { readonly problem: string | undefined; readonly until: number }

/**
 * Clients whose id is the address of a document about them (draft-ietf-oauth-client-id-metadata-document). The document is
 * fetched when it is first asked for, and again when it is no longer fresh; the client is stored like any other, so that
 * codes, grants and approvals can refer to it.
 */
export function createClientDocuments(surroundings: Surroundings): ClientDocuments {
  const { config, storage, now } = surroundings
  const options = config.oauth.clientIdMetadataDocuments
  const outcomes = new LRUCache<string, Outcome>({ max: MAX_DOCUMENTS })
  const running = new Map<string, Promise<Outcome>>()

  /** One fetch serves all that wait for the same document. */
  function look(address: string, workspace: SelfMadeClients): Promise<Outcome> {
    const before = running.get(address)
    if (before !== undefined) return before
    if (running.size >= MAX_FETCHES) throw tooBusy()
    const looking = refresh(surroundings, workspace, address)
      .then(outcome => {
        outcomes.set(address, outcome)
        return outcome
      })
      .finally(() => running.delete(address))
    running.set(address, looking)
    return looking
  }

  return {
    async find(address) {
      if (options === undefined) return undefined
      const known = outcomes.get(address)
      if (known !== undefined && known.until > now().getTime()) {
        if (known.problem !== undefined) throw unusable(known.problem)
        const client = await storage.clients.find(address)
        // It may have been removed since, as unused; then it is made anew.
        if (client !== undefined) return client
      }
      const { problem } = await look(address, options)
      if (problem !== undefined) throw unusable(problem)
      return storage.clients.find(address)
    },
  }
}

/** Fetches a document, and stores what it says. */
async function refresh(
  surroundings: Surroundings,
  options: SelfMadeClients,
  address: string,
): Promise<Outcome> {
  const { logger, now, outbound, storage } = surroundings
  const before = await storage.clients.find(address)
  const time = now().getTime()
  try {
    const answer = await outbound.get(address, { accept: 'application/json', maxBytes: MAX_BYTES })
    const described = await readDocument(surroundings, options, address, answer)
    await store(surroundings, options, address, described)
    return { problem: undefined, until: time + freshFor(answer) }
  } catch (error) {
    if (!(error instanceof UnusableDocument) && !(error instanceof OutboundError)) throw error
    logger.warn({ clientId: address, reason: error.message }, 'The document of a client cannot be used.')
    // A server that is away takes no client with it, as long as it comes back; a document that says no does.
    const outage = error instanceof OutboundError && before !== undefined
    if (outage && time - before.updatedAt.getTime() < OUTAGE_MS) {
      return { problem: undefined, until: time + LEAST_MS }
    }
    const problem = error instanceof OutboundError ? 'it cannot be read' : error.publicReason
    return { problem, until: time + REFUSED_MS }
  }
}

/** `publicReason` holds nothing of the document: it stands on an error page of this server. */
class UnusableDocument extends Error {
  readonly publicReason: string

  constructor(publicReason: string, message: string = publicReason) {
    super(message)
    this.publicReason = publicReason
  }
}

/** Sections 4 and 4.1: the document names its own address, and holds no secret. */
async function readDocument(
  surroundings: Surroundings,
  { scopes }: SelfMadeClients,
  address: string,
  { headers, body }: OutboundAnswer,
): Promise<ClientDescription> {
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    throw new UnusableDocument('it is not of the type application/json')
  }
  const json = parseObject(body)
  if (json === undefined) throw new UnusableDocument('it is not a JSON object')
  if (json.client_id !== address) throw new UnusableDocument('its client_id is not its own address')
  if (json.client_secret !== undefined || json.client_secret_expires_at !== undefined) {
    throw new UnusableDocument('it must not have client_secret or client_secret_expires_at')
  }
  const read = readDescription(json, {
    scopes,
    authenticationMethods: ['none', 'private_key_jwt'],
    authorizationDetailsTypes: Object.keys(surroundings.config.oauth.authorizationDetails),
  })
  if ('problems' in read) {
    const list = Object.entries(read.problems)
    const members = [...new Set(list.map(([member]) => member.split('.')[0]))]
    throw new UnusableDocument(
      `look at its ${members.join(', ')}`,
      list.map(([member, problem]) => `${member} ${problem}`).join('; '),
    )
  }
  const { client } = read
  const sector = await sectorProblem(surroundings, client.metadata.sector_identifier_uri, client.redirectUris)
  if (sector !== undefined) {
    throw new UnusableDocument('look at its sector_identifier_uri', `sector_identifier_uri ${sector}`)
  }
  const { host, origin } = new URL(address)
  // What is proven of such a client is the host of its document, so no other one may stand beside its name.
  const ownUri = client.uri !== undefined && new URL(client.uri).host === host
  return { ...client, uri: ownUri ? client.uri : origin }
}

/** Writes down what changed, and, once a day, that nothing did. What does not stand in the document stays as it is. */
async function store(
  surroundings: Surroundings,
  options: SelfMadeClients,
  address: string,
  described: ClientDescription,
): Promise<void> {
  const { now, storage } = surroundings
  await changeStored<Client>({
    kind: 'client',
    read: async () =>
      (await storage.clients.find(address)) ?? (await create(surroundings, options, address, described)),
    change(before) {
      const after = { ...before, ...described, updatedAt: now() }
      const same = isDeepStrictEqual({ ...before, ...described }, before)
      const confirmed = after.updatedAt.getTime() - before.updatedAt.getTime() < CONFIRM_MS
      return same && confirmed ? before : after
    },
    write(before, after) {
      const about = { workspaceId: before.workspaceId, target: before.id }
      const change = { action: 'client.updated', ...about, before, after }
      return storage.clients.update(before, after, auditEntry(author(after.updatedAt), change))
    },
  })
}

async function create(
  surroundings: Surroundings,
  options: SelfMadeClients,
  address: string,
  described: ClientDescription,
): Promise<Client> {
  const { logger, now, storage } = surroundings
  const { workspaceId } = options
  if (!(await hasRoom(surroundings, 'document', options))) {
    logger.warn({ workspaceId }, 'There are as many clients with documents as maxClients allows.')
    throw new UnusableDocument('this server takes no further clients at the moment')
  }
  const client = selfMadeClient(
    described,
    { id: address, workspaceId, source: 'document', registrationTokenHash: undefined },
    now(),
  )
  const change = { action: 'client.created', workspaceId, target: address, after: client }
  try {
    await storage.clients.create(client, undefined, auditEntry(author(now()), change))
    return client
  } catch (error) {
    // Another process may have been first; it read the same document.
    const found = await storage.clients.find(address)
    if (found === undefined) throw error
    return found
  }
}

function author(now: Date) {
  return { now, actor: 'client-id-metadata-document', ip: undefined }
}

/** How long an answer may be used (RFC 9111 section 5.2.2), within our own bounds. */
function freshFor({ headers }: OutboundAnswer): number {
  const directives = headers['cache-control']?.toLowerCase() ?? ''
  if (/\bno-(?:store|cache)\b/.test(directives)) return LEAST_MS
  const seconds = /\bmax-age\s*=\s*"?(\d{1,10})/.exec(directives)?.[1]
  return Math.min(Math.max(Number(seconds ?? 0) * 1000, LEAST_MS), MOST_MS)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function unusable(problem: string): HttpError {
  return new HttpError(
    400,
    'invalid_client',
    `The document at the address that is the client_id cannot be used: ${problem}. Tell the owner of the application.`,
  )
}

function tooBusy(): HttpError {
  return new HttpError(
    503,
    'too_busy',
    'Too many applications are new here at once. Try again in a few seconds.',
    {
      headers: { 'retry-after': '5' },
    },
  )
}
