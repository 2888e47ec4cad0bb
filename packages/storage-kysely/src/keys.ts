import type { Keys, SigningKey } from '@xwms/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { audit, type Tables, signingKeys as table } from './tables.ts'

export function keys({ kysely, schema, schemaName, prepared }: Database): Keys {
  const succeed = prepared(
    'keys.succeed',
    `with followed as (
      update ${schema}.signing_keys set retired_at = $2, successor_kid = $3
      where kid = $1 and successor_kid is null
      returning kid
    ), audited as (
      ${audit.insertion(schema, '$5')} where exists (select from followed)
    )
    ${table.insertion(schema, '$4')} where exists (select from followed) returning kid`,
  )
  const retire = prepared(
    'keys.retire',
    `with retired as (
      update ${schema}.signing_keys set retired_at = $2
      where kid = $1 and (retired_at is null or retired_at > $2) returning kid
    ), audited as (
      ${audit.insertion(schema, '$3')} where exists (select from retired)
    )
    select from retired`,
  )
  const reseal = prepared(
    'keys.reseal',
    `update ${schema}.signing_keys set private_jwk = $3 where kid = $1 and private_jwk = $2::jsonb returning kid`,
  )
  const findSecret = prepared<{ value: string }>(
    'keys.find-secret',
    `select value from ${schema}.shared_secrets where name = $1`,
  )
  const addSecret = prepared(
    'keys.add-secret',
    `insert into ${schema}.shared_secrets (name, value) values ($1, $2) on conflict do nothing`,
  )
  const resealSecret = prepared(
    'keys.reseal-secret',
    `update ${schema}.shared_secrets set value = $3 where name = $1 and value = $2 returning name`,
  )

  async function standing(connection: Kysely<Tables>, now: Date): Promise<SigningKey[]> {
    const rows = await connection
      .selectFrom('signing_keys')
      .selectAll()
      .where(({ eb, or }) => or([eb('retired_at', 'is', null), eb('retired_at', '>', now)]))
      .orderBy('created_at')
      .orderBy('kid')
      .execute()
    return rows.map(table.read)
  }

  return {
    list(now) {
      return standing(kysely, now)
    },
    ensure(candidates, now) {
      return kysely.transaction().execute(async transaction => {
        // There is no row to lock yet: the lock is on the thought of making the first key.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`${schemaName} signing keys`}, 0))`.execute(
          transaction,
        )
        const covered = new Set((await standing(transaction, now)).map(({ alg }) => alg))
        const missing = candidates.filter(({ alg }) => !covered.has(alg))
        if (missing.length > 0)
          await transaction.insertInto('signing_keys').values(missing.map(table.write)).execute()
        return await standing(transaction, now)
      })
    },
    async succeed(kid, retiredAt, successor, entry) {
      const packed = [table.pack([successor]), audit.pack([entry])]
      const stored = await succeed([kid, retiredAt, successor.kid, ...packed])
      return stored.length > 0
    },
    async retire(kid, at, entry) {
      const retired = await retire([kid, at, audit.pack([entry])])
      return retired.length > 0
    },
    async reseal(kid, before, after) {
      const resealed = await reseal([kid, JSON.stringify(before), JSON.stringify(after)])
      return resealed.length > 0
    },
    async secret(name, candidate) {
      const [known] = await findSecret([name])
      if (known) return known.value
      await addSecret([name, candidate])
      // Whoever was first, it stands by now.
      const [standing] = await findSecret([name])
      return standing?.value ?? candidate
    },
    async resealSecret(name, before, after) {
      const resealed = await resealSecret([name, before, after])
      return resealed.length > 0
    },
  }
}
