import type { Migration } from './migration.ts'

/**
 * The ledger of usage, the counters that invoices are made from, limits, and the logs. None of these tables refers to
 * another: they are written often, and what they tell stays true after a client is gone.
 */
export const metering: Migration = {
  name: '0004-metering',
  sql: schema => `
-- Partitioned by month, so that old events go by dropping a table. The primary key of a partitioned table must contain
-- the column it is partitioned by; that keeps an event unique all the same, because its id and its time are made
-- together, once, and a repeated write carries both.
create table ${schema}.usage_events (
  id text not null,
  at timestamptz not null,
  workspace_id text not null,
  client_id text not null,
  domain_id text not null,
  route text not null,
  mode text not null check (mode in ('test', 'live')),
  sub ${schema}.sub,
  status smallint not null check (status between 100 and 599),
  duration_ms double precision not null check (duration_ms >= 0),
  price_nano_euro bigint not null check (price_nano_euro >= 0),
  primary key (id, at)
) partition by range (at);
create index usage_events_of_workspace on ${schema}.usage_events (workspace_id, at);
create index usage_events_of_client on ${schema}.usage_events (client_id, at);

-- Catches what falls outside every month that was prepared, so that no event is ever refused.
create table ${schema}.usage_events_other partition of ${schema}.usage_events default;

-- Makes the partitions for a month and the one after it. Runs with the rights of the schema's owner, so that the
-- program needs none to create tables.
create function ${schema}.prepare_usage_month(moment timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  first_day timestamp;
  partition_name text;
begin
  for step in 0..1 loop
    first_day := date_trunc('month', moment at time zone 'UTC') + make_interval(months => step);
    partition_name := 'usage_events_' || to_char(first_day, 'YYYY_MM');
    -- Asked of the catalog itself, before the lock and after it: to_regclass may remember its first answer.
    continue when exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = partition_name);
    perform pg_advisory_xact_lock(hashtextextended('${schema} usage partitions', 0));
    continue when exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = partition_name);
    begin
      -- Made first and attached then: creating it in place would lock the whole ledger against writers.
      execute format('create table ${schema}.%I (like ${schema}.usage_events including all)', partition_name);
      execute format('alter table ${schema}.usage_events attach partition ${schema}.%I for values from (%L) to (%L)',
        partition_name, first_day at time zone 'UTC', (first_day + interval '1 month') at time zone 'UTC');
    exception when check_violation then
      -- The default partition holds events of that month already; the month stays there.
    end;
  end loop;
end $$;

-- Totals for ever: what invoices and charts read. Rows have room to be updated in place.
create table ${schema}.usage_counters (
  hour timestamptz not null,
  workspace_id text not null,
  client_id text not null,
  domain_id text not null,
  route text not null,
  mode text not null check (mode in ('test', 'live')),
  status_class smallint not null check (status_class between 1 and 5),
  requests bigint not null,
  price_nano_euro bigint not null,
  primary key (client_id, hour, domain_id, route, mode, status_class, workspace_id)
) with (fillfactor = 70);
create index usage_counters_of_workspace on ${schema}.usage_counters (workspace_id, hour);

create table ${schema}.limit_windows (
  key text not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  used bigint not null check (used >= 0),
  primary key (key, window_start)
) with (fillfactor = 70);
create index limit_windows_by_end on ${schema}.limit_windows (window_end);

-- Counts one request under every window, or under none. The caller sorts the windows, the same way in every process,
-- so that two requests never wait for each other; "positions" says where each stood in the caller's own order.
create function ${schema}.admit(
  keys text[], starts timestamptz[], ends timestamptz[], limits bigint[], positions integer[],
  out counts bigint[], out refused_by integer
) language plpgsql as $$
declare
  counted bigint;
begin
  -- Committed counts only ever grow: a window that is seen full stays full, and refusing needs no lock and no write.
  select min(asked.at_position) into refused_by
    from unnest(keys, starts, limits, positions) as asked (key, window_start, ceiling, at_position)
    where asked.ceiling <= coalesce(
      (select full_or_not.used from ${schema}.limit_windows as full_or_not
        where full_or_not.key = asked.key and full_or_not.window_start = asked.window_start), 0);
  if refused_by is not null then
    return;
  end if;

  -- A crash of the database may forget the last moment's counts; no limit is worth a wait for the disk.
  perform set_config('synchronous_commit', 'off', true);
  for i in 1 .. cardinality(keys) loop
    insert into ${schema}.limit_windows as opened (key, window_start, window_end, used)
      values (keys[i], starts[i], ends[i], 1)
      on conflict (key, window_start) do update set used = opened.used + 1
      returning opened.used into counted;
    counts[i] := counted;
    if counted > limits[i] then
      refused_by := least(refused_by, positions[i]);
    end if;
  end loop;

  -- Others took the last places between the look and the count. Nobody has seen the counts yet; they are taken back.
  if refused_by is not null then
    counts := null;
    for i in 1 .. cardinality(keys) loop
      update ${schema}.limit_windows as opened set used = opened.used - 1
        where opened.key = keys[i] and opened.window_start = starts[i];
    end loop;
  end if;
end $$;

create table ${schema}.request_log (
  id text primary key,
  at timestamptz not null,
  request_id text not null,
  workspace_id text not null,
  client_id text not null,
  domain_id text,
  route text not null,
  status smallint not null check (status between 100 and 599),
  duration_ms double precision not null check (duration_ms >= 0),
  ip text not null,
  user_agent text,
  refused_by text,
  facts jsonb not null check (jsonb_typeof(facts) = 'object')
);
create index request_log_of_client on ${schema}.request_log (client_id, at desc, id desc);
create index request_log_by_age on ${schema}.request_log (at);

create table ${schema}.audit (
  id text primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  workspace_id text,
  target text not null,
  ip text,
  before jsonb,
  after jsonb,
  -- Tells entries of the same moment apart, in the order in which they were written.
  written bigint generated always as identity
);
create index audit_of_workspace on ${schema}.audit (workspace_id, at desc, written desc);
create index audit_by_age on ${schema}.audit (at);
`,
}
