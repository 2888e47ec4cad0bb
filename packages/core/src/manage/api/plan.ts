import { priceAt } from '../../context/billing/unit-price.ts'
import type { Context } from '../../context/context.ts'
import type { ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { jsonResponse } from '../../http/response.ts'
import { formatEuro } from '../../lib/money.ts'
import type { Plan, RateLimit } from '../../model/plan.ts'

/** The plan of a workspace: what it costs, includes and allows. */
export const plan: ManagedEndpoint = {
  method: 'GET',
  path: `${MANAGE_PATH}/workspaces/:workspace_id/plan`,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'plan:read',
  handle(context, { manager: { workspace } }) {
    return jsonResponse(200, {
      workspace_id: workspace.id,
      plan: workspace.plan,
      status: workspace.planStatus,
      ...terms(planNamed(context, workspace.plan), context.now()),
    })
  },
}

/** A plan of the configuration; a workspace may be on one that is configured no more. */
export function planNamed({ config }: Context, name: string): Plan | undefined {
  return Object.hasOwn(config.plans, name) ? config.plans[name] : undefined
}

/** What is absent is null, so that every plan has the same members; all of it for a plan that is configured no more. */
function terms(plan: Plan | undefined, now: Date): object {
  const fee = plan && BigInt(priceAt(plan.monthlyFeeNanoEuro, now))
  return {
    title: plan?.title ?? null,
    monthly_fee_nano_euro: fee === undefined ? null : String(fee),
    monthly_fee: fee === undefined ? null : formatEuro(fee),
    included_requests: plan?.includedRequests ?? null,
    hard_cap: plan?.hardCap ?? null,
    rate_limit: plan?.rateLimit === undefined ? null : rateLimitJson(plan.rateLimit),
    clients: plan?.clients ?? null,
    domains: plan?.domains ?? null,
    members: plan?.members ?? null,
    secrets: plan?.secrets ?? null,
  }
}

export function rateLimitJson({ requests, windowSeconds, sliding = false }: RateLimit): object {
  return { requests, window_seconds: windowSeconds, sliding }
}
