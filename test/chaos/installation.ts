import {
  addDomain,
  createClient,
  createKit,
  createSecret,
  createWorkspace,
  type Logger,
  type Plan,
  revokeSecret,
} from '@xwms/core'
import { pages } from '@xwms/pages'
import { postgres } from '@xwms/storage-kysely'

/**
 * Who calls. `live` pays, `test` does not; `doomed` is `live` with a secret that is revoked in the middle; `limited` has a
 * limit that is reached.
 */
export type Caller = 'live' | 'test' | 'doomed' | 'limited'

export const CALLERS: readonly Caller[] = ['live', 'test', 'doomed', 'limited']

/** The credential headers of each. */
export type Credentials = Readonly<Record<Caller, Readonly<Record<string, string>>>>

export interface Installation {
  readonly credentials: Credentials
  /** Revokes the secret of `doomed`. @throws {Error} while the database is away */
  revoke(): Promise<void>
}

/** What `limited` may have in a day. */
export const LIMIT = 100

const UNLIMITED = {
  monthlyFeeNanoEuro: 0,
  includedRequests: 1_000,
  hardCap: false,
} as const

export const PLANS: Readonly<Record<string, Plan>> = {
  // The limiter runs for every request, as it does for a paying client.
  ample: { ...UNLIMITED, title: 'Ample', rateLimit: { requests: 1_000_000_000, windowSeconds: 60 } },
  // A day that slides: midnight does not open it again.
  narrow: {
    ...UNLIMITED,
    title: 'Narrow',
    rateLimit: { requests: LIMIT, windowSeconds: 86_400, sliding: true },
  },
}

/** What the server processes, and whoever installs them, agree on. */
export const KIT_OPTIONS = {
  issuer: 'https://api.example.com',
  plans: PLANS,
  prices: { orders: 50_000, free: 0 },
} as const

/** Registers everybody who calls, straight in the database. */
export async function install(databaseUrl: () => string): Promise<Installation> {
  const { credentials, doomed } = await work(databaseUrl(), async environment => {
    const join = async (plan: string, modes: readonly ('live' | 'test')[]) => {
      const workspace = await createWorkspace(environment, { name: plan, plan, owner: '1' })
      const made = []
      for (const mode of modes) {
        const { client, secret } = await createClient(environment, { workspaceId: workspace.id, name: mode })
        const domain = await addDomain(environment, { clientId: client.id, host: HOST, mode })
        if (secret === undefined) throw new Error('A confidential client has a secret.')
        made.push({ client, headers: headersOf(client.id, secret.value, domain.host) })
      }
      return made
    }
    const [live, test] = await join('ample', ['live', 'test'])
    const [limited] = await join('narrow', ['live'])
    if (!live || !test || !limited) throw new Error('Somebody is missing.')
    const second = await createSecret(environment, { clientId: live.client.id })
    return {
      credentials: {
        live: live.headers,
        test: test.headers,
        doomed: headersOf(live.client.id, second.value, HOST),
        limited: limited.headers,
      },
      doomed: { clientId: live.client.id, secretId: second.secret.id },
    }
  })
  return {
    credentials,
    async revoke() {
      await work(databaseUrl(), environment => revokeSecret(environment, doomed))
    },
  }
}

const HOST = 'shop.example.com'

function headersOf(clientId: string, secret: string, domain: string): Record<string, string> {
  return { 'x-client-id': clientId, 'x-client-secret': secret, 'x-client-domain': domain }
}

const quiet = () => {}
const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

async function work<T>(
  connectionString: string,
  task: (environment: Parameters<typeof createWorkspace>[0]) => Promise<T>,
): Promise<T> {
  const storage = postgres({ connectionString, maxConnections: 2 })
  const kit = createKit({ ...KIT_OPTIONS, storage, pages: pages(), logger: SILENT })
  try {
    const { plans, scopes } = kit.config
    return await task({ storage, plans, scopes, now: new Date(), actor: 'chaos', ip: undefined })
  } finally {
    await kit.close()
  }
}
