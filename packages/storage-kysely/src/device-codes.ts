import type { DeviceCodes } from '@xwms/core'
import type { Database } from './database.ts'
import { accessTokens, grants, refreshTokens, deviceCodes as table } from './tables.ts'

/** What `slow_down` adds to the interval (RFC 8628 section 3.5). */
const SLOW_DOWN_SECONDS = 5

interface PollRow {
  outcome: 'pending' | 'slow_down' | 'denied' | 'approved' | 'expired'
}

export function deviceCodes({ schema, prepared }: Database): DeviceCodes {
  // A user code that has expired is taken over, row and all: nobody can redeem what stood there.
  const create = prepared(
    'device-codes.create',
    `insert into ${schema}.device_codes as known (${table.columns})
    select ${table.columns} from ${table.packed('$1')}
    on conflict (user_code_hash) do update set ${table.replacement}, polled_at = null
      where known.expires_at <= excluded.created_at
    returning hash`,
  )
  const find = prepared(
    'device-codes.find',
    `select ${table.columns} from ${schema}.device_codes where hash = $1`,
  )
  const findByUserCode = prepared(
    'device-codes.find-by-user-code',
    `select ${table.columns} from ${schema}.device_codes
    where user_code_hash = $1 and decision is null and expires_at > $2`,
  )
  const decide = prepared(
    'device-codes.decide',
    `update ${schema}.device_codes set decision = $2 where hash = $1 and decision is null and expires_at > $3
    returning hash`,
  )
  // Locked before it is looked at, so that of questions at the same moment each sees the one before.
  const poll = prepared<PollRow>(
    'device-codes.poll',
    `with asked as (
      select hash, case
        when expires_at <= $2 then 'expired'
        when (decision ->> 'denied')::boolean then 'denied'
        when decision is not null then 'approved'
        when polled_at + make_interval(secs => interval_seconds) > $2 then 'slow_down'
        else 'pending'
      end as outcome
      from ${schema}.device_codes where hash = $1 for no key update
    ), counted as (
      update ${schema}.device_codes as code set
        polled_at = greatest(code.polled_at, $2),
        interval_seconds = interval_seconds + case outcome when 'slow_down' then ${SLOW_DOWN_SECONDS} else 0 end
      from asked where code.hash = asked.hash and outcome in ('pending', 'slow_down')
    )
    select outcome from asked`,
  )
  // The approval is locked for the reason given in codes.ts.
  const approved = `code.hash = $1 and code.expires_at > $2 and not (code.decision ->> 'denied')::boolean`
  const consume = prepared(
    'device-codes.consume',
    `with live as (
      select code.hash from ${schema}.device_codes as code
      join ${schema}.client_users as approval
        on approval.client_id = code.client_id and approval.sub = code.decision ->> 'sub'
      where ${approved} and $3::text[] <@ approval.scopes
      for update of code for share of approval
    ), consumed as (
      delete from ${schema}.device_codes where hash in (select hash from live) returning hash
    ), granted as (
      ${grants.insertion(schema, '$4')} where exists (select from consumed)
    ), access as (
      ${accessTokens.insertion(schema, '$5')} where exists (select from consumed)
    ), refresh as (
      ${refreshTokens.insertion(schema, '$6')} where exists (select from consumed)
    )
    select from consumed`,
  )
  // Only for a code that could not be redeemed.
  const isApproved = prepared(
    'device-codes.is-approved',
    `select from ${schema}.device_codes as code where ${approved}`,
  )

  return {
    async create(code) {
      const created = await create([table.pack([code])])
      return { outcome: created.length > 0 ? 'created' : 'user_code_taken' }
    },
    async find(hash) {
      const [row] = await find([hash])
      return row && table.read(row)
    },
    async findByUserCode(userCodeHash, now) {
      const [row] = await findByUserCode([userCodeHash, now])
      return row && table.read(row)
    },
    async decide(hash, decision, now) {
      const decided = decision === 'denied' ? { denied: true } : { denied: false, ...decision }
      const rows = await decide([hash, JSON.stringify(decided), now])
      return rows.length > 0
    },
    async poll(hash, now) {
      const [row] = await poll([hash, now])
      return { outcome: row?.outcome ?? 'unknown' }
    },
    async consume(hash, now, { grant, accessToken, refreshToken }) {
      const consumed = await consume([
        hash,
        now,
        grant.scopes,
        grants.pack([grant]),
        accessTokens.pack([accessToken]),
        refreshTokens.pack(refreshToken ? [refreshToken] : []),
      ])
      if (consumed.length > 0) return { outcome: 'consumed' }
      return { outcome: (await isApproved([hash, now])).length > 0 ? 'taken_back' : 'unknown' }
    },
  }
}
