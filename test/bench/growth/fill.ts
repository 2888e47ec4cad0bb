import pg from 'pg'
import { progress } from '../program.ts'
import type { Options } from './options.ts'

/** How much of each there is. */
export type Size = Pick<Options, 'events' | 'clients' | 'tokens'>

/** Events of the same client, hour, route and status stand in one counter, as they do where clients are busy. */
const EVENTS_PER_COUNTER = 10
const CLIENTS_PER_WORKSPACE = 5
/** How far back the events go. */
const DAYS = 60
/** How many rows one statement makes. */
const BATCH = 200_000

/** Fills a database that is empty but for its tables, with rows that are consistent with one another. */
export async function fill(url: string, size: Size): Promise<void> {
  const client = new pg.Client({ connectionString: url, statement_timeout: 0 })
  await client.connect()
  try {
    await client.query(
      `set synchronous_commit = off; set maintenance_work_mem = '512MB'; set work_mem = '256MB'`,
    )
    const now = new Date()
    await step('clients', () => fillClients(client, size))
    await step('tokens', () => fillTokens(client, size, now))
    await step('events', () => fillEvents(client, size, now))
    await step('counters', () => fillCounters(client, size, now))
    await step('request log', () => fillRequestLog(client, now))
    // What a database that has grown so large has long behind it; it must not begin while something is measured.
    await step('statistics', () => client.query('vacuum (analyze)'))
    await check(client, size)
  } finally {
    await client.end()
  }
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  await work()
  progress(`filled in ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Runs a statement for each stretch of `$1` to `$2`, both inclusive. */
async function inBatches(client: pg.Client, count: number, rows: number, text: string, ...values: unknown[]) {
  for (let from = 1; from <= count; from += rows)
    await client.query(text, [from, Math.min(count, from + rows - 1), ...values])
}

async function fillClients(client: pg.Client, { clients }: Size): Promise<void> {
  const workspaces = Math.ceil(clients / CLIENTS_PER_WORKSPACE)
  await inBatches(
    client,
    workspaces,
    BATCH,
    `insert into xwms.workspaces (id, name, plan, plan_status, created_at)
    select 'ws_grown_' || n, 'Team ' || n, 'benchmark', 'active', now() from generate_series($1::int, $2::int) as n`,
  )
  // Notices of new clients go to nobody yet, and still take their time: a transaction with fewer is quicker.
  const rows = 10_000
  await inBatches(
    client,
    clients,
    rows,
    `insert into xwms.clients (id, workspace_id, name, type, enabled, links_secrets_to_domains, require_pkce, grant_types, scopes,
      redirect_uris, metadata, created_at, updated_at)
    select 'cl_grown_' || n, 'ws_grown_' || (n - 1) / ${CLIENTS_PER_WORKSPACE} + 1, 'Shop ' || n, 'confidential', true, false, true,
      '{authorization_code,refresh_token,client_credentials}', '{openid,email}', '{https://shop.example/callback}', '{}', now(), now()
    from generate_series($1::int, $2::int) as n`,
  )
  await inBatches(
    client,
    clients,
    rows,
    `insert into xwms.secrets (id, client_id, name, hash, hint, created_at)
    select 'sec_grown_' || n, 'cl_grown_' || n, 'production', encode(sha256(n::text::bytea), 'base64'), 'abcd', now()
    from generate_series($1::int, $2::int) as n`,
  )
  await inBatches(
    client,
    clients,
    rows,
    `insert into xwms.domains (id, client_id, host, mode, active, login_allowed, api_allowed, ip_allowlist, test_users_only, created_at)
    select 'dom_grown_' || n, 'cl_grown_' || n, 'shop.example.com', 'live', true, true, true, '{}', false, now()
    from generate_series($1::int, $2::int) as n`,
  )
}

/** Each grant has an access token and a refresh token. */
async function fillTokens(client: pg.Client, { tokens, clients }: Size, now: Date): Promise<void> {
  const grants = Math.ceil(tokens / 2)
  await inBatches(
    client,
    grants,
    BATCH,
    `insert into xwms.grants (id, client_id, sub, scopes, amr, parameters, created_at)
    select 'grant_grown_' || n, 'cl_grown_' || n % $3::int + 1, n::text, '{openid,email}', '{pwd}', '{}', $4::timestamptz
    from generate_series($1::int, $2::int) as n`,
    clients,
    now,
  )
  await inBatches(
    client,
    grants,
    BATCH,
    `insert into xwms.access_tokens (hash, grant_id, client_id, sub, scopes, audience, created_at, expires_at)
    select encode(sha256(('a' || n)::bytea), 'base64'), 'grant_grown_' || n, 'cl_grown_' || n % $3::int + 1, n::text, '{openid,email}',
      '{https://api.example}', $4::timestamptz, $4::timestamptz + n % 3600 * interval '1 second' + interval '2 hours'
    from generate_series($1::int, $2::int) as n`,
    clients,
    now,
  )
  await inBatches(
    client,
    grants,
    BATCH,
    `insert into xwms.refresh_tokens (hash, grant_id, client_id, scopes, created_at, expires_at, family_expires_at)
    select encode(sha256(('r' || n)::bytea), 'base64'), 'grant_grown_' || n, 'cl_grown_' || n % $3::int + 1, '{openid,email}',
      $4::timestamptz, $4::timestamptz + interval '30 days', $4::timestamptz + interval '365 days'
    from generate_series($1::int, $2::int) as n`,
    clients,
    now,
  )
}

/**
 * What the events of one counter share, a row for each counter from $1 to $2: always the same for the same number.
 * $3: how many clients; $4: the time.
 */
const SHARED = `
  select n, 'ws_grown_' || n % $3::int / ${CLIENTS_PER_WORKSPACE} + 1 as workspace_id, 'cl_grown_' || n % $3::int + 1 as client_id,
    'dom_grown_' || n % $3::int + 1 as domain_id, hour, date_trunc('month', hour, 'UTC') as month,
    (array['GET /orders', 'POST /orders', 'GET /stock', 'GET /free'])[n % 4 + 1] as route,
    case when n % 10 = 9 then 'test' else 'live' end as mode,
    case when n % 50 = 7 then 503 else 200 end as status,
    -- Neither tests nor our own failures cost anything.
    case when n % 10 = 9 or n % 50 = 7 then 0 else (array[10000, 20000, 10000, 0])[n % 4 + 1] end::bigint as price
  from (
    select n, date_trunc('hour', $4::timestamptz, 'UTC') -
      (1 + abs(hashint8(n)::bigint) % ${DAYS * 24}) * interval '1 hour' as hour
    from generate_series($1::bigint, $2::bigint) as n
  ) as counter`

/** Month by month: a table that is filled first and attached then has its indexes made at once. */
async function fillEvents(client: pg.Client, { events, clients }: Size, now: Date): Promise<void> {
  const counters = Math.ceil(events / EVENTS_PER_COUNTER)
  for (let ago = 0; ago <= Math.ceil(DAYS / 28); ago++) {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago))
    const part = await newPartition(client, 'usage_events', month)
    await inBatches(
      client,
      counters,
      BATCH / EVENTS_PER_COUNTER,
      `insert into xwms.${part.name} (id, at, workspace_id, client_id, domain_id, route, mode, sub, status, duration_ms,
        price_nano_euro, request_id, month)
      select gen_random_uuid(), hour + hashint8(n * ${EVENTS_PER_COUNTER} + i)::bigint % 1800 * interval '1 second' + interval '30 minutes',
        workspace_id, client_id, domain_id, route, mode, null, status, 12.5, price, gen_random_uuid(), month
      from (${SHARED}) as shared, generate_series(1, ${EVENTS_PER_COUNTER}) as i
      where month = $5`,
      clients,
      now,
      month,
    )
    await part.attach()
  }
  await inBatches(
    client,
    Math.ceil(events / 100),
    BATCH,
    `insert into xwms.usage_batches (id, written_at)
    select gen_random_uuid(), $3::timestamptz - random() * interval '1 day' from generate_series($1::int, $2::int)`,
    now,
  )
}

async function fillCounters(client: pg.Client, { events, clients }: Size, now: Date): Promise<void> {
  await client.query(`create temporary table filled_counters (like xwms.usage_counters)`)
  await client.query(
    `insert into filled_counters
    select hour, workspace_id, client_id, domain_id, route, mode, status / 100, price, month, count(*) * ${EVENTS_PER_COUNTER}
    from (${SHARED}) as shared group by 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    [1, Math.ceil(events / EVENTS_PER_COUNTER), clients, now],
  )
  await client.query(`insert into xwms.usage_shapes
    select xwms.new_shape_id(), shape.* from (
      select distinct workspace_id, client_id, domain_id, route, mode, unit_price_nano_euro from filled_counters) as shape`)
  await client.query(`insert into xwms.usage_counts (hour, month, shape, requests, status_class)
    select hour, month, id, requests, status_class from filled_counters
    join xwms.usage_shapes using (workspace_id, client_id, domain_id, route, mode, unit_price_nano_euro)`)
  await client.query(`insert into xwms.workspace_months (workspace_id, month)
    select distinct workspace_id, month from xwms.usage_counters`)
  await client.query(`insert into xwms.month_totals (workspace_id, month, unit_price_nano_euro, requests)
    select workspace_id, month, unit_price_nano_euro, sum(requests) from xwms.usage_counters
    where mode = 'live' and unit_price_nano_euro > 0 group by 1, 2, 3`)
}

/** Of the last days, with those that new entries will go to. */
async function fillRequestLog(client: pg.Client, now: Date): Promise<void> {
  for (let ago = 0; ago < 3; ago++) {
    const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - ago))
    const part = await newPartition(client, 'request_log', day)
    await client.query(
      `insert into xwms.${part.name}
        (id, at, request_id, workspace_id, client_id, domain_id, route, status, duration_ms, ip, user_agent)
      select id, at, request_id, workspace_id, client_id, domain_id, route, status, duration_ms, '192.0.2.1', 'benchmark/1.0'
      from xwms.usage_events where at >= $1 and at < $1 + interval '1 day'`,
      [day],
    )
    await part.attach()
  }
}

async function newPartition(client: pg.Client, parent: string, moment: Date) {
  const { rows } = await client.query<{ name: string; first: Date; next: Date }>(
    'select * from xwms.partition_of($1, $2)',
    [parent, moment],
  )
  const [part] = rows as [{ name: string; first: Date; next: Date }]
  await client.query(
    `create table xwms.${part.name} (like xwms.${parent} including defaults including constraints)`,
  )
  const attach = `alter table xwms.${parent} attach partition xwms.${part.name}
    for values from ('${part.first.toISOString()}') to ('${part.next.toISOString()}')`
  return { name: part.name, attach: () => client.query(attach) }
}

/** @throws {Error} when events, counters and month totals do not tell the same */
async function check(client: pg.Client, { events, clients, tokens }: Size): Promise<void> {
  const { rows } = await client.query(`select
    (select count(*) from xwms.usage_events) as events,
    (select sum(requests) from xwms.usage_counters) as counted,
    (select count(*) from xwms.usage_events where mode = 'live' and price_nano_euro > 0) as billable,
    (select sum(requests) from xwms.month_totals) as totals,
    (select count(*) from xwms.clients) as clients,
    (select count(*) from xwms.access_tokens) + (select count(*) from xwms.refresh_tokens) as tokens,
    pg_size_pretty(pg_database_size(current_database())) as size`)
  const [found] = rows
  progress(
    `the large database holds ${found.events} events, ${found.clients} clients, ${found.tokens} tokens in ${found.size}`,
  )
  const agree =
    Number(found.events) >= events &&
    found.events === found.counted &&
    found.billable === found.totals &&
    Number(found.clients) === clients &&
    Number(found.tokens) >= tokens
  if (!agree) throw new Error(`The large database is not as it should be: ${JSON.stringify(found)}`)
}
