import type { Code, Codes, Issue } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { FEW_HASHES, grouped, groupedLookup } from './group.ts'
import { accessTokens, grants, refreshTokens, codes as table } from './tables.ts'

/** A call that wants to consume a code. */
interface Consumption {
  readonly hash: string
  readonly now: Date
}

/** A call that wants tokens for one. */
interface Redemption extends Consumption {
  readonly issue: Issue
}

/** Which of the calls got their code. */
function served(rows: readonly object[], calls: readonly Consumption[]): readonly boolean[] {
  const consumed = new Set((rows as readonly { hash: string }[]).map(({ hash }) => hash))
  return calls.map(({ hash }) => consumed.has(hash))
}

/** Grants, access tokens and refresh tokens, each kind as one parameter. */
function packed(issues: readonly Issue[]): [grants: string, accessTokens: string, refreshTokens: string] {
  return [
    grants.pack(issues.map(({ grant }) => grant)),
    accessTokens.pack(issues.map(({ accessToken }) => accessToken)),
    refreshTokens.pack(issues.flatMap(({ refreshToken }) => refreshToken ?? [])),
  ]
}

export function codes(database: Database, notices: Notices): Codes {
  const { schema, prepared } = database

  // A client takes part in a session that is still there, and is locked so that its end is not missed; in most cases it
  // takes part already, and there is nothing to lock or to write.
  const create = grouped<Code, void>(database, {
    name: 'codes.create',
    text: armed => `given as (
      select distinct sid, client_id from ${table.packed('$1')}
      where flow = 'authorization_code' and ${armed}
    ), joining as (
      select session.sid, given.client_id from given join ${schema}.sessions as session using (sid)
      where not exists (select from ${schema}.session_clients as known
        where known.sid = given.sid and known.client_id = given.client_id)
      order by sid, client_id for key share of session
    ), joined as (
      insert into ${schema}.session_clients (sid, client_id) select sid, client_id from joining
      on conflict do nothing
    )
    ${table.insertion(schema, '$1')}`,
    values: codes => [table.pack(codes)],
    results: () => [],
  })
  const find = groupedLookup(database, {
    name: 'codes.find',
    columns: table.columns,
    from: `${schema}.codes`,
    key: ['hash'],
  })

  // Of calls that race, one gets through: the others wait for its row, look again, and find the code consumed. Codes are
  // locked in one order, so that two statements never wait for each other.
  const consume = grouped<Consumption, boolean>(database, {
    name: 'codes.consume',
    text: armed => `given as (
      select * from json_to_recordset($1::json) as given(hash text, now timestamptz) where ${FEW_HASHES}
    ), live as (
      select code.hash, given.now from ${schema}.codes as code join given using (hash)
      where code.consumed_at is null and code.expires_at > given.now and ${armed}
      order by code.hash for no key update of code
    )
    update ${schema}.codes as code set consumed_at = live.now from live where code.hash = live.hash
    returning code.hash`,
    values: consumptions => [JSON.stringify(consumptions)],
    results: served,
    key: ({ hash }) => hash,
  })
  // One statement, so one transaction and one round trip. The approval is locked: whoever is taking something back is waited for,
  // and looked at again; who comes later waits, and finds the grant.
  const redeemOne = prepared(
    'codes.redeem-one',
    `with live as (
      select code.hash from ${schema}.codes as code join ${schema}.client_users as approval using (client_id, sub)
      where code.hash = $1 and code.consumed_at is null and code.expires_at > $2 and $4::text[] <@ approval.scopes
      for no key update of code for share of approval
    ), consumed as (
      update ${schema}.codes as code set consumed_at = $2, grant_id = $3
      from live where code.hash = live.hash
      returning code.hash
    ), granted as (
      ${grants.insertion(schema, '$5')} where exists (select from consumed)
    ), access as (
      ${accessTokens.insertion(schema, '$6')} where exists (select from consumed)
    ), refresh as (
      ${refreshTokens.insertion(schema, '$7')} where exists (select from consumed)
    )
    select from consumed`,
  )
  const redeem = grouped<Redemption, boolean>(database, {
    name: 'codes.redeem',
    text: armed => `given as (
      select * from json_to_recordset($1::json) as given(hash text, now timestamptz, grant_id text, scopes text[])
      where ${FEW_HASHES}
    ), live as (
      select code.hash, given.now, given.grant_id
      from given join ${schema}.codes as code using (hash)
      join ${schema}.client_users as approval using (client_id, sub)
      where code.consumed_at is null and code.expires_at > given.now and given.scopes <@ approval.scopes and ${armed}
      order by code.hash for no key update of code for share of approval
    ), consumed as (
      update ${schema}.codes as code set consumed_at = live.now, grant_id = live.grant_id
      from live where code.hash = live.hash
      returning code.hash, code.grant_id
    ), granted as (
      ${grants.insertion(schema, '$2')} where id in (select grant_id from consumed)
    ), access as (
      ${accessTokens.insertion(schema, '$3')} where grant_id in (select grant_id from consumed)
    ), refresh as (
      ${refreshTokens.insertion(schema, '$4')} where grant_id in (select grant_id from consumed)
    )
    select hash from consumed`,
    values(redemptions) {
      const given = redemptions.map(({ hash, now, issue: { grant } }) => ({
        hash,
        now,
        grant_id: grant.id,
        scopes: grant.scopes,
      }))
      return [JSON.stringify(given), ...packed(redemptions.map(({ issue }) => issue))]
    },
    results: served,
    key: ({ hash }) => hash,
    async alone({ hash, now, issue }) {
      const { id, scopes } = issue.grant
      return (await redeemOne([hash, now, id, scopes, ...packed([issue])])).length > 0
    },
  })
  // Only for a code that could not be consumed. Being consumed is for ever, so nothing needs to be locked to see it.
  const refuse = prepared<{ consumed: boolean; expired: boolean; revoked: string | null }>(
    'codes.refuse',
    `with code as (
      select consumed_at is not null as consumed, expires_at <= $2 as expired, grant_id from ${schema}.codes where hash = $1
    ), revoked as (
      update ${schema}.grants set revoked_at = $2
      where id = (select grant_id from code where consumed) and revoked_at is null
      returning id
    )
    select consumed, expired, (select id from revoked) as revoked from code`,
  )

  return {
    create,
    async find(hash) {
      const row = await find(hash)
      return row && table.read(row)
    },
    async consume(hash, now, issue) {
      const consumed = await (issue ? redeem({ hash, now, issue }) : consume({ hash, now }))
      if (consumed) return { outcome: 'consumed' }
      const [code] = await refuse([hash, now])
      if (!code) return { outcome: 'unknown' }
      if (code.revoked) notices.tell({ kind: 'grant', grantId: code.revoked })
      if (code.consumed) return { outcome: 'replayed' }
      return { outcome: code.expired ? 'expired' : 'taken_back' }
    },
  }
}
