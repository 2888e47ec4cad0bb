import type { BodyKind, Input } from '../http/body.ts'
import type { HttpRequest } from '../http/request.ts'
import type { HttpResponse } from '../http/response.ts'
import type { Client, Domain } from '../model/client.ts'
import type { Actor, Permission } from '../model/permission.ts'
import type { RateLimit } from '../model/plan.ts'
import type { Sub, User } from '../model/user.ts'
import type { Workspace } from '../model/workspace.ts'
import type { Context } from './context.ts'

/** One call of an endpoint: the request with what was read from it. */
export interface Call {
  readonly request: HttpRequest
  /** Stands in the response, in log lines and in errors. */
  readonly requestId: string
  readonly query: URLSearchParams
  /** What the path says in the places of the endpoint's parameters, by their names. */
  readonly parameters: Readonly<Record<string, string>>
  readonly input: Input
  /** The address of this XWMS as the caller should see it; equals the issuer where one is configured. */
  readonly baseUrl: string
}

/** Who was admitted by the rule chain. */
export interface Caller {
  readonly client: Client
  readonly workspace: Workspace
  readonly domain: Domain
}

/** A call by somebody whom the rule chain admitted. */
export interface GuardedCall extends Call {
  readonly caller: Caller
  /** Tells the meter whom the request was about. */
  readonly concerns: (sub: Sub) => void
}

/** Whether an endpoint signs users in (rule 8) or is anything else (rule 9). */
export type Purpose = 'login' | 'api'

/** A limit of a route's own: for each client, each user in whose name a token is used, or each address (IPv6: each /64). */
export interface RouteLimit extends RateLimit {
  readonly per: 'client' | 'user' | 'ip'
}

/** What the rule chain needs to know of a route. */
export interface GuardRule {
  readonly purpose: Purpose
  /** The scope that the client must have been granted; rule 12. */
  readonly scope?: string
  /** The name of a price in the configuration. */
  readonly price: string
  /** Beside that of the plan or the client; rule 13. */
  readonly limits?: readonly RouteLimit[]
  /** Its name in usage and logs, where the request's own is not wanted. */
  readonly route?: string
}

/** Who uses the management API, and in which workspace. */
export interface Manager {
  readonly client: Client
  /** Whom the client acts for; absent where it acts for itself. */
  readonly user: User | undefined
  readonly role: Actor
  readonly workspace: Workspace
}

/** A call by somebody who may do this in the workspace that the path names. */
export interface ManagedCall extends Call {
  readonly manager: Manager
}

/** The body that a failure becomes: the XWMS envelope, an RFC 6749 error, a page, or a problem of RFC 9457. */
export type FailureFormat = 'envelope' | 'oauth' | 'page' | 'problem'

interface EndpointShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to where the kit is mounted; a segment such as `:workspace_id` stands for any value. */
  readonly path: string
  readonly body: BodyKind
  readonly failure: FailureFormat
  /** Whether pages of other origins may call it (CORS). */
  readonly cors?: true
  /** Whether a GET does more than show something. HEAD is then refused: nothing may come of it (RFC 9110 section 9.2.1). */
  readonly unsafe?: true
}

export interface OpenEndpoint extends EndpointShape {
  readonly guard?: undefined
  readonly permission?: undefined
  readonly handle: (context: Context, call: Call) => HttpResponse | Promise<HttpResponse>
}

export interface GuardedEndpoint extends EndpointShape {
  readonly guard: GuardRule
  readonly permission?: undefined
  readonly handle: (context: Context, call: GuardedCall) => HttpResponse | Promise<HttpResponse>
}

/** An endpoint of the management API, for a workspace that its path names as `:workspace_id`. */
export interface ManagedEndpoint extends EndpointShape {
  readonly guard?: undefined
  /** What the caller's role must allow. */
  readonly permission: Permission
  readonly handle: (context: Context, call: ManagedCall) => HttpResponse | Promise<HttpResponse>
}

/** A row of the endpoint table. */
export type Endpoint = OpenEndpoint | GuardedEndpoint | ManagedEndpoint
