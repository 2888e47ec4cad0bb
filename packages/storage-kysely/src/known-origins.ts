import type { KnownOrigins } from '@xwms/core'
import type { Database } from './database.ts'

interface SeenRow {
  readonly outcome: 'first' | 'new' | 'known'
}

interface OriginRow {
  readonly origin: string
}

export function knownOrigins({ schema, prepared }: Database): KnownOrigins {
  // xmax is zero in a row that this statement made.
  const see = prepared<SeenRow>(
    'known-origins.see',
    `with seen as (
      insert into ${schema}.known_origins as known (subject, origin, seen_at) values ($1, $2, $3)
      on conflict (subject, origin) do update set seen_at = greatest(known.seen_at, excluded.seen_at)
      returning xmax = 0 as made
    )
    select case
      when not made then 'known'
      when exists (select from ${schema}.known_origins where subject = $1) then 'new'
      else 'first'
    end as outcome from seen`,
  )
  const list = prepared<OriginRow>(
    'known-origins.list',
    `select origin from ${schema}.known_origins where subject = $1 and seen_at >= $2
    order by seen_at desc, origin limit $3`,
  )

  return {
    async see(subject, origin, now) {
      const [row] = await see([subject, origin, now])
      return row as SeenRow
    },
    async list(subject, since, limit) {
      return (await list([subject, since, limit])).map(({ origin }) => origin)
    },
  }
}
