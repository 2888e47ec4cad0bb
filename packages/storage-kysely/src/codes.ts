import type { Code, Codes, Issue } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { FEW_HASHES, grouped, groupedLookup } from './group.ts'
import { accessTokens, grants, refreshTokens, codes as table } from './tables.ts'

/** A call that wants to consume a code. */
interface Redemption {
  readonly hash: string
  readonly now: Date
  readonly issue: Issue | undefined
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

  // One statement, so one transaction and one round trip. Of calls that race, the update lets one through: the others
  // wait for its row, look again, and find the code consumed.
  const consumeOne = prepared(
    'codes.consume-one',
    `with consumed as (
      update ${schema}.codes set consumed_at = $2, grant_id = $3
      where hash = $1 and consumed_at is null and expires_at > $2
      returning hash
    ), granted as (
      ${grants.insertion(schema, '$4')} where exists (select from consumed)
    ), access as (
      ${accessTokens.insertion(schema, '$5')} where exists (select from consumed)
    ), refresh as (
      ${refreshTokens.insertion(schema, '$6')} where exists (select from consumed)
    )
    select from consumed`,
  )
  // Codes are locked in one order, so that two statements never wait for each other.
  const consume = grouped<Redemption, boolean>(database, {
    name: 'codes.consume',
    text: armed => `given as (
      select * from json_to_recordset($1::json) as given(hash text, now timestamptz, grant_id text)
      where ${FEW_HASHES}
    ), live as (
      select code.hash, given.now, given.grant_id from ${schema}.codes as code join given using (hash)
      where code.consumed_at is null and code.expires_at > given.now and ${armed}
      order by code.hash for no key update of code
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
      const issues = redemptions.flatMap(({ issue }) => issue ?? [])
      return [
        JSON.stringify(redemptions.map(({ hash, now, issue }) => ({ hash, now, grant_id: issue?.grant.id }))),
        ...packed(issues),
      ]
    },
    results(rows, redemptions) {
      const consumed = new Set((rows as { hash: string }[]).map(({ hash }) => hash))
      return redemptions.map(({ hash }) => consumed.has(hash))
    },
    key: ({ hash }) => hash,
    async alone({ hash, now, issue }) {
      const consumed = await consumeOne([hash, now, issue?.grant.id ?? null, ...packed(issue ? [issue] : [])])
      return consumed.length > 0
    },
  })
  // Only for a code that could not be consumed. Being consumed is for ever, so nothing needs to be locked to see it.
  const refuse = prepared<{ consumed: boolean; revoked: string | null }>(
    'codes.refuse',
    `with code as (
      select consumed_at is not null as consumed, grant_id from ${schema}.codes where hash = $1
    ), revoked as (
      update ${schema}.grants set revoked_at = $2
      where id = (select grant_id from code where consumed) and revoked_at is null
      returning id
    )
    select consumed, (select id from revoked) as revoked from code`,
  )

  return {
    create,
    async find(hash) {
      const row = await find(hash)
      return row && table.read(row)
    },
    async consume(hash, now, issue) {
      if (await consume({ hash, now, issue })) return { outcome: 'consumed' }
      const [code] = await refuse([hash, now])
      if (!code) return { outcome: 'unknown' }
      if (code.revoked) notices.tell({ kind: 'grant', grantId: code.revoked })
      return { outcome: code.consumed ? 'replayed' : 'expired' }
    },
  }
}
