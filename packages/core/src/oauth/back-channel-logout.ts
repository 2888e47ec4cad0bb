import type { Context, LogoutNotifier } from '../context/context.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import { StorageUnavailableError } from '../errors.ts'
import { randomToken } from '../lib/random.ts'
import type { LogoutDelivery } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import { idTokenAlgorithm } from './id-token.ts'

/** OpenID Connect Back-Channel Logout 1.0 section 2.4: what makes a token a logout token. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const LOGOUT_TOKEN_TYPE = 'logout+jwt'

/** Section 2.4 recommends two minutes at most. Each attempt gets a token of its own. */
const TOKEN_SECONDS = 120

/** How long after each failure the next attempt follows; the last one goes on until it is given up. */
const RETRY_SECONDS = [1, 5, 30, 300, 1800, 7200] as const
const GIVE_UP_SECONDS = 86_400

/** How many are sent at once, and for how long no other process takes them up. A process that dies loses no more than that. */
const BATCH = 20
const LEASE_SECONDS = 60

/** How often a process asks for what others have left behind. */
const POLL_MS = 5000

/** Sends logout tokens until each has arrived, whichever process the user signed out at. */
export interface LogoutDeliveries extends LogoutNotifier {
  /** Takes up what was left before. */
  start(): void
  /** Lets the attempts that are under way end. */
  close(): Promise<void>
}

export function createLogoutDeliveries(context: Context): LogoutDeliveries {
  const { storage, logger, outage } = context
  // Without an issuer (development) it is known once somebody signs out.
  let issuer = context.config.issuer
  let round: Promise<void> | undefined
  let oneMore = false
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let failing = false

  /** One round at a time; a notice that comes during one makes another. */
  function run(): void {
    oneMore = round !== undefined
    if (closed || oneMore) return
    clearTimeout(timer)
    round = deliverDue().then(wait => {
      round = undefined
      if (oneMore) return run()
      if (closed) return
      timer = setTimeout(run, wait)
      timer.unref()
    })
  }

  /** @returns after how many milliseconds to look again */
  async function deliverDue(): Promise<number> {
    let wait = POLL_MS
    try {
      for (let full = true; full && !closed && issuer !== undefined; ) {
        const now = context.now()
        const due = await storage.logoutDeliveries.claim(now, after(now, LEASE_SECONDS), BATCH)
        const waits = await Promise.all(due.map(delivery => deliver(context, issuer as string, delivery)))
        wait = Math.min(wait, ...waits)
        full = due.length === BATCH
      }
      failing = false
    } catch (error) {
      tell(error)
    }
    return wait
  }

  /** Once for each trouble, not every few seconds until it is over. */
  function tell(error: unknown): void {
    if (failing) return
    failing = true
    if (error instanceof StorageUnavailableError) outage.tell(error)
    else logger.error({ error }, 'Logout tokens could not be read from the storage; trying again.')
  }

  return {
    notify(baseUrl) {
      if (context.config.issuer === undefined) issuer = baseUrl
      run()
    },
    start: run,
    async close() {
      closed = true
      clearTimeout(timer)
      await round
    },
  }
}

/** @returns after how many milliseconds it is tried again; without end where it is not */
async function deliver(context: Context, issuer: string, delivery: LogoutDelivery): Promise<number> {
  const { logoutDeliveries, clients } = context.storage
  const client = await clients.find(delivery.clientId)
  const uri = client?.metadata.backchannel_logout_uri
  if (client === undefined || uri === undefined) {
    await logoutDeliveries.finish(delivery.id)
    return Number.POSITIVE_INFINITY
  }
  const problem = await send(context, issuer, client, uri, delivery)
  if (problem === undefined) {
    await logoutDeliveries.finish(delivery.id)
    return Number.POSITIVE_INFINITY
  }
  const wait = RETRY_SECONDS[Math.min(delivery.attempts, RETRY_SECONDS.length - 1)] as number
  const nextAttemptAt = after(context.now(), wait)
  const fields = { client: client.id, uri, attempts: delivery.attempts + 1, problem }
  if (nextAttemptAt > after(delivery.createdAt, GIVE_UP_SECONDS)) {
    context.logger.warn(
      fields,
      'A client was not told that a session ended: it could not be reached for a day.',
    )
    await logoutDeliveries.finish(delivery.id)
    return Number.POSITIVE_INFINITY
  }
  context.logger.info(fields, 'A client could not be told that a session ended; trying again.')
  await logoutDeliveries.retry(delivery.id, nextAttemptAt)
  return wait * 1000
}

/** Sends a logout token (sections 2.5 and 2.8). @returns what went wrong; the token is in no message */
async function send(
  context: Context,
  issuer: string,
  client: Client,
  uri: string,
  delivery: LogoutDelivery,
): Promise<string | undefined> {
  try {
    const token = await logoutToken(context, issuer, client, delivery)
    const { status } = await context.outbound.post(uri, new URLSearchParams({ logout_token: token }))
    return status === 200 || status === 204 ? undefined : `It answered with status ${status}.`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Section 2.4. No `nonce`, which would let it be taken for an ID token. */
async function logoutToken(
  context: Context,
  issuer: string,
  client: Client,
  { sub, sid }: LogoutDelivery,
): Promise<string> {
  const now = Math.floor(context.now().getTime() / 1000)
  return context.keys.sign(
    idTokenAlgorithm(context, client),
    { typ: LOGOUT_TOKEN_TYPE },
    {
      iss: issuer,
      sub: await subjectFor(context, client, sub),
      aud: client.id,
      iat: now,
      exp: now + TOKEN_SECONDS,
      jti: randomToken(),
      sid,
      events: { [LOGOUT_EVENT]: {} },
    },
  )
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
