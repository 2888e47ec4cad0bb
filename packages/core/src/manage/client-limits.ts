import { isWithin } from '../lib/rate-limit.ts'
import type { Client } from '../model/client.ts'
import type { RateLimit } from '../model/plan.ts'
import type { ManageEnvironment } from './environment.ts'

// What a client's limit becomes when its operator or its owner speaks. Who takes one away is in the audit alone.

type OwnLimit = Pick<Client, 'rateLimit' | 'rateLimitSetBy' | 'rateLimitSetAt'>
type OperatorLimit = Pick<Client, 'operatorRateLimit' | 'operatorRateLimitSetBy' | 'operatorRateLimitSetAt'>
type Speaker = Pick<ManageEnvironment, 'actor' | 'now'>

/** The operator's holds at once, whatever the owner chose before; null takes that away, too. */
export function limitByOperator(
  rateLimit: RateLimit | null,
  { actor, now }: Speaker,
): OwnLimit & OperatorLimit {
  const [limit, by, at] = rateLimit === null ? [] : [rateLimit, actor, now]
  return {
    rateLimit: limit,
    rateLimitSetBy: by,
    rateLimitSetAt: at,
    operatorRateLimit: limit,
    operatorRateLimitSetBy: by,
    operatorRateLimitSetAt: at,
  }
}

/** The owner's holds in place of the operator's, which stays as it is; null leads back to it. */
export function limitByOwner(
  { operatorRateLimit, operatorRateLimitSetBy, operatorRateLimitSetAt }: OperatorLimit,
  rateLimit: RateLimit | null,
  { actor, now }: Speaker,
): OwnLimit {
  if (rateLimit !== null) return { rateLimit, rateLimitSetBy: actor, rateLimitSetAt: now }
  return {
    rateLimit: operatorRateLimit,
    rateLimitSetBy: operatorRateLimitSetBy,
    rateLimitSetAt: operatorRateLimitSetAt,
  }
}

/**
 * Why an owner may not choose a limit, if so: it has to stay within the plan's or the operator's, whichever lets more through.
 * Without a limit of the plan's there is nothing to stay within.
 */
export function ownerLimitProblem(
  limit: RateLimit,
  ofPlan: RateLimit | undefined,
  ofOperator: RateLimit | undefined,
): string | undefined {
  if (ofPlan === undefined || isWithin(limit, ofPlan)) return undefined
  if (ofOperator === undefined || isWithin(ofOperator, ofPlan))
    return `must stay within the plan's ${inWords(ofPlan)}`
  if (isWithin(limit, ofOperator)) return undefined
  return `must stay within the plan's ${inWords(ofPlan)} or the operator's ${inWords(ofOperator)}`
}

function inWords({ requests, windowSeconds, sliding }: RateLimit): string {
  return `${sliding ? 'sliding ' : ''}${requests} requests in ${windowSeconds} seconds`
}
