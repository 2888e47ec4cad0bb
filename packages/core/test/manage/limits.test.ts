import t from 'tap'
import { createClient, updateClient } from '../../src/manage/clients.ts'
import { changeCaps, changeClientLimit } from '../../src/manage/limits.ts'
import { environment, refusal, workspaceOn } from './environment.ts'

const PLANS = {
  free: {
    title: 'Free',
    monthlyFeeNanoEuro: 0,
    includedRequests: 1000,
    hardCap: true,
    rateLimit: { requests: 600, windowSeconds: 60 },
  },
  open: { title: 'Open', monthlyFeeNanoEuro: 0, includedRequests: 1000, hardCap: false },
}

async function scene(plan: keyof typeof PLANS) {
  const env = { ...environment(), plans: PLANS }
  const workspace = await workspaceOn(plan, env)
  const { client } = await createClient(env, { workspaceId: workspace.id, name: 'Shop' })
  return { env, workspace, client, target: { workspaceId: workspace.id, clientId: client.id } }
}

t.test('an owner sets caps, one by one, and takes them away', async t => {
  const { env, workspace } = await scene('open')
  const caps = async () => {
    const found = await env.storage.workspaces.find(workspace.id)
    return [found?.monthlyRequestCap, found?.monthlySpendCapNanoEuro]
  }
  await changeCaps(env, workspace.id, { monthlyRequestCap: 5000 })
  await changeCaps(env, workspace.id, { monthlySpendCapNanoEuro: 0 })
  t.strictSame(await caps(), [5000, 0])
  await changeCaps(env, workspace.id, { monthlyRequestCap: null })
  t.strictSame(await caps(), [undefined, 0])
  t.match(await env.storage.audit.list(workspace.id, 1), [
    {
      action: 'workspace.updated',
      actor: 'test',
      target: workspace.id,
      before: { monthlyRequestCap: 5000 },
      after: { monthlySpendCapNanoEuro: 0 },
    },
  ])
})

t.test('where a plan ends, no cap goes beyond', async t => {
  const { env, workspace } = await scene('free')
  t.match(await refusal(changeCaps(env, workspace.id, { monthlyRequestCap: 1001 })), {
    code: 'invalid_input',
    fields: { monthlyRequestCap: 'must be at most 1000, where the plan ends' },
  })
  t.match(await changeCaps(env, workspace.id, { monthlyRequestCap: 1000 }), { monthlyRequestCap: 1000 })
})

t.test('an owner lowers the limit of a client and gives it back, and goes never beyond the plan', async t => {
  const { env, workspace, client, target } = await scene('free')
  const lower = { requests: 100, windowSeconds: 60, sliding: true }
  t.strictSame((await changeClientLimit(env, target, lower)).rateLimit, lower)
  t.match(await refusal(changeClientLimit(env, target, { requests: 601, windowSeconds: 60 })), {
    code: 'invalid_input',
    fields: { rateLimit: "must stay within the plan's 600 requests in 60 seconds" },
  })
  t.strictSame((await env.storage.clients.find(client.id))?.rateLimit, lower)
  t.equal((await changeClientLimit(env, target, null)).rateLimit, undefined)
  t.match(await env.storage.audit.list(workspace.id, 1), [
    { action: 'client.updated', target: client.id, before: { rateLimit: lower } },
  ])
})

t.test('within what the operator gave, an owner chooses anything, and never loses it', async t => {
  const { env, client, target } = await scene('free')
  const operator = { ...env, actor: 'cli', now: new Date(env.now.getTime() - 1000) }
  const given = { requests: 2000, windowSeconds: 60 }
  const ofOperator = {
    operatorRateLimit: given,
    operatorRateLimitSetBy: 'cli',
    operatorRateLimitSetAt: operator.now,
  }
  const holds = { rateLimit: given, rateLimitSetBy: 'cli', rateLimitSetAt: operator.now }
  t.match(await updateClient(operator, client.id, { rateLimit: given }), { ...holds, ...ofOperator })
  for (const requests of [100, 601, 2000]) {
    const rateLimit = { requests, windowSeconds: 60 }
    const chosen = { rateLimit, rateLimitSetBy: 'test', rateLimitSetAt: env.now }
    t.match(await changeClientLimit(env, target, rateLimit), { ...chosen, ...ofOperator }, String(requests))
  }
  t.match(await refusal(changeClientLimit(env, target, { requests: 2001, windowSeconds: 60 })), {
    code: 'invalid_input',
    fields: {
      rateLimit:
        "must stay within the plan's 600 requests in 60 seconds or the operator's 2000 requests in 60 seconds",
    },
  })
  t.match(await changeClientLimit(env, target, null), { ...holds, ...ofOperator })
  t.match(await env.storage.clients.find(client.id), { ...holds, ...ofOperator })
})

t.test('what the operator says holds at once, whatever the owner chose', async t => {
  const { env, client, target } = await scene('free')
  const [lower, low] = [
    { requests: 5, windowSeconds: 60 },
    { requests: 10, windowSeconds: 60 },
  ]
  await updateClient(env, client.id, { rateLimit: { requests: 2000, windowSeconds: 60 } })
  await changeClientLimit(env, target, { requests: 1500, windowSeconds: 60 })
  t.match(await updateClient(env, client.id, { rateLimit: low }), {
    rateLimit: low,
    operatorRateLimit: low,
  })
  t.match(await refusal(changeClientLimit(env, target, { requests: 1500, windowSeconds: 60 })), {
    fields: { rateLimit: /^must stay within the plan's 600 requests in 60 seconds$/ },
  })
  const ofPlan = { requests: 600, windowSeconds: 60 }
  t.match(
    await changeClientLimit(env, target, ofPlan),
    { rateLimit: ofPlan },
    'the plan is the owner’s still',
  )
  await changeClientLimit(env, target, lower)
  t.match(await updateClient(env, client.id, { name: 'Renamed' }), {
    rateLimit: lower,
    operatorRateLimit: low,
  })
  t.match(await updateClient(env, client.id, { rateLimit: null }), {
    rateLimit: undefined,
    operatorRateLimit: undefined,
  })
})

t.test('where the plan has no rate limit, an owner sets any', async t => {
  const { env, target } = await scene('open')
  const rateLimit = { requests: 1_000_000, windowSeconds: 1 }
  t.strictSame((await changeClientLimit(env, target, rateLimit)).rateLimit, rateLimit)
})

t.test('the client of another workspace is not there', async t => {
  const { env, target } = await scene('open')
  const other = await workspaceOn('open', env)
  const foreign = { ...target, workspaceId: other.id }
  t.match(await refusal(changeClientLimit(env, foreign, null)), { code: 'client_not_found' })
  const unknown = { ...target, clientId: 'cl_unknown' }
  t.match(await refusal(changeClientLimit(env, unknown, null)), { code: 'client_not_found' })
})

t.test('a plan that is configured no more has no limits to stay within', async t => {
  const { env, workspace, target } = await scene('open')
  const without = { ...env, plans: {} }
  t.match(await refusal(changeCaps(without, workspace.id, { monthlyRequestCap: 1 })), {
    code: 'unknown_plan',
  })
  t.match(await refusal(changeClientLimit(without, target, null)), { code: 'unknown_plan' })
})
