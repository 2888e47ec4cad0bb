/** Where a contender keeps what it knows. */
export type Keeping = 'memory' | 'postgres'

/** One OAuth server in a process of its own, mounted in Express. */
export interface Contender {
  readonly name: string
  /** The module that builds it, in `servers/`. */
  readonly server: 'express' | 'oidc-provider' | 'better-auth' | 'xwms'
  /** Absent where there is nothing to keep. */
  readonly storage?: Keeping
  /** Whether it has room in memory for few of the tokens and clients that it is asked about. */
  readonly cold?: true
  /** The one that this one is measured against. */
  readonly versus?: string
}

/** In the order in which they take turns. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'express', server: 'express' },
  { name: 'oidc-provider-memory', server: 'oidc-provider', storage: 'memory' },
  { name: 'better-auth-memory', server: 'better-auth', storage: 'memory', versus: 'oidc-provider-memory' },
  { name: 'xwms-memory', server: 'xwms', storage: 'memory', versus: 'oidc-provider-memory' },
  { name: 'oidc-provider-postgres', server: 'oidc-provider', storage: 'postgres' },
  {
    name: 'better-auth-postgres',
    server: 'better-auth',
    storage: 'postgres',
    versus: 'oidc-provider-postgres',
  },
  { name: 'xwms-postgres', server: 'xwms', storage: 'postgres', versus: 'oidc-provider-postgres' },
  {
    name: 'xwms-postgres-cold',
    server: 'xwms',
    storage: 'postgres',
    cold: true,
    versus: 'oidc-provider-postgres',
  },
]
