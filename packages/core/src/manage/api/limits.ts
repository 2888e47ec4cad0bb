import * as z from 'zod'
import type { Context } from '../../context/context.ts'
import type { ManagedCall, ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { type HttpResponse, jsonResponse } from '../../http/response.ts'
import { formatEuro } from '../../lib/money.ts'
import { string } from '../../lib/schema.ts'
import type { Client } from '../../model/client.ts'
import type { Plan } from '../../model/plan.ts'
import type { Workspace } from '../../model/workspace.ts'
import { type ClientOfWorkspace, changeCaps, changeClientLimit, clientOf } from '../limits.ts'
import { change, environmentOf } from './change.ts'
import { planNamed, rateLimitJson } from './plan.ts'
import { checked } from './query.ts'

const PATH = `${MANAGE_PATH}/workspaces/:workspace_id/limits`

const whole = (most: number) =>
  z.int('must be a whole number').min(0, 'must not be negative').max(most, `must be at most ${most}`)

/** Nano-euro as answers have them, which is text; a number will do. */
const nanoEuro = z
  .union([string(), z.number()], 'must be nano-euro: a whole number, as text')
  .transform(value => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value))
  .pipe(whole(Number.MAX_SAFE_INTEGER))

const capsBody = z.strictObject({
  monthly_request_cap: whole(Number.MAX_SAFE_INTEGER).nullish(),
  monthly_spend_cap_nano_euro: nanoEuro.nullish(),
})

const clientBody = z.strictObject({
  rate_limit: z
    .strictObject(
      {
        requests: whole(Number.MAX_SAFE_INTEGER).min(1, 'must be at least 1'),
        window_seconds: whole(86_400).min(1, 'must be at least 1'),
        sliding: z.boolean('must be true or false').optional(),
      },
      'must be an object with requests and window_seconds, or null',
    )
    .nullable(),
})

/** What a workspace may use: the limits of its plan, and its own caps. */
export const limits: ManagedEndpoint = {
  method: 'GET',
  path: PATH,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'limits:read',
  handle: (context, { manager: { workspace } }) => respond(context, workspace),
}

/** Changes the caps of a workspace; what is left out stays, null removes. */
export const limitsChange: ManagedEndpoint = {
  method: 'PATCH',
  path: PATH,
  body: 'json',
  failure: 'problem',
  cors: true,
  permission: 'limits:change',
  async handle(context, call) {
    const body = checked(capsBody, call.input.kind === 'json' ? call.input.json : {})
    const workspace = await change(() =>
      changeCaps(environmentOf(context, call), call.manager.workspace.id, {
        monthlyRequestCap: body.monthly_request_cap,
        monthlySpendCapNanoEuro: body.monthly_spend_cap_nano_euro,
      }),
    )
    return respond(context, workspace)
  },
}

/** What one client of a workspace may use. */
export const clientLimits: ManagedEndpoint = {
  ...limits,
  path: `${MANAGE_PATH}/workspaces/:workspace_id/clients/:client_id/limits`,
  async handle(context, call) {
    const client = await change(() => clientOf(environmentOf(context, call), targetOf(call)))
    return jsonResponse(200, clientJson(client, planNamed(context, call.manager.workspace.plan)))
  },
}

/** Gives a client a rate limit of its owner's choice, within the plan's or the operator's; null takes it away. */
export const clientLimitsChange: ManagedEndpoint = {
  ...limitsChange,
  path: clientLimits.path,
  permission: 'client-limits:change',
  async handle(context, call) {
    const { rate_limit: given } = checked(clientBody, call.input.kind === 'json' ? call.input.json : {})
    const client = await change(() =>
      changeClientLimit(
        environmentOf(context, call),
        targetOf(call),
        given && { requests: given.requests, windowSeconds: given.window_seconds, sliding: given.sliding },
      ),
    )
    return jsonResponse(200, clientJson(client, planNamed(context, call.manager.workspace.plan)))
  },
}

function targetOf({ manager, parameters }: ManagedCall): ClientOfWorkspace {
  return { workspaceId: manager.workspace.id, clientId: parameters.client_id as string }
}

function respond(context: Context, workspace: Workspace): HttpResponse {
  const plan = planNamed(context, workspace.plan)
  const { monthlyRequestCap, monthlySpendCapNanoEuro: spend } = workspace
  return jsonResponse(200, {
    workspace_id: workspace.id,
    monthly_request_cap: monthlyRequestCap ?? null,
    monthly_spend_cap_nano_euro: spend === undefined ? null : String(spend),
    monthly_spend_cap: spend === undefined ? null : formatEuro(BigInt(spend)),
    included_requests: plan?.includedRequests ?? null,
    hard_cap: plan?.hardCap ?? null,
    rate_limit: plan?.rateLimit === undefined ? null : rateLimitJson(plan.rateLimit),
  })
}

/** The limit that holds, and where it comes from: for one of the client's own, who set it, and when. And what the operator gave. */
function clientJson(client: Client, plan: Plan | undefined): object {
  const { id, name, rateLimit, rateLimitSetBy, rateLimitSetAt, operatorRateLimit } = client
  const holds = rateLimit ?? plan?.rateLimit
  return {
    client_id: id,
    name,
    rate_limit: holds === undefined ? null : rateLimitJson(holds),
    rate_limit_of: rateLimit !== undefined ? 'client' : plan?.rateLimit !== undefined ? 'plan' : null,
    rate_limit_set_by: rateLimitSetBy ?? null,
    rate_limit_set_at: rateLimitSetAt ?? null,
    operator_rate_limit: operatorRateLimit === undefined ? null : rateLimitJson(operatorRateLimit),
    operator_rate_limit_set_by: client.operatorRateLimitSetBy ?? null,
    operator_rate_limit_set_at: client.operatorRateLimitSetAt ?? null,
  }
}
