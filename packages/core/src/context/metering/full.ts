import { formatEuro } from '../../lib/money.ts'

/** A limit without room: `rate` is rule 13, the others are rule 14, of which `allowance` is where the plan itself ends. */
export interface Full {
  readonly kind: 'rate' | 'allowance' | 'requests' | 'spend'
  /** What callers read in header fields. */
  readonly name: string
  /** Requests; nano-euro where `kind` is `spend`. */
  readonly limit: number
  /** Absent for a month. */
  readonly windowSeconds: number | undefined
  readonly retryAfterSeconds: number
}

/** What a caller is told of a limit without room. */
export function fullWords({ kind, limit, windowSeconds, retryAfterSeconds }: Full): string {
  switch (kind) {
    case 'rate':
      return `More than ${requestsText(limit)} in ${windowSeconds} s. Try again in ${retryAfterSeconds} s, or ask for a higher limit.`
    case 'allowance':
      return `The plan allows ${requestsText(limit)} a month and no more. Change the plan, or wait for the next month (UTC).`
    case 'requests':
      return `The cap of ${requestsText(limit)} a month is reached. Raise the cap, or wait for the next month (UTC).`
    case 'spend':
      return `The spend cap of ${formatEuro(BigInt(limit))} a month is reached. Raise the cap, or wait for the next month (UTC).`
  }
}

function requestsText(requests: number): string {
  return requests === 1 ? '1 request' : `${requests} requests`
}

/** What the owner's log keeps of a limit without room. */
export function fullFacts({
  kind,
  name,
  limit,
  windowSeconds,
  retryAfterSeconds,
}: Full): Readonly<Record<string, unknown>> {
  if (kind === 'spend') return { spend_cap_nano_euro: limit }
  if (kind !== 'rate') return { limit }
  return {
    limit_name: name,
    limit,
    window_seconds: windowSeconds,
    retry_after_seconds: retryAfterSeconds,
  }
}
