import type { Migration } from './migration.ts'

/**
 * The ledger: batches that are written once, events with their billing month, counters by unit price, month totals for
 * quotas; and the request log by days. Takes the place of 0004's usage and request log, with what they hold.
 *
 * Programs of the version before do not work with it: none was released.
 */
export const ledger: Migration = {
  name: '0006-ledger',
  sql: schema => `
create temporary table usage_before on commit drop as select * from ${schema}.usage_events;
create temporary table log_before on commit drop as select * from ${schema}.request_log;
drop table ${schema}.usage_events, ${schema}.usage_counters, ${schema}.request_log;
drop function ${schema}.prepare_usage_month;

-- The batches that were written: what makes writing one again harmless.
create table ${schema}.usage_batches (
  id uuid primary key,
  written_at timestamptz not null default now()
);
create index usage_batches_by_age on ${schema}.usage_batches (written_at);

-- Partitioned by month, so that old events go by dropping a table. An id is unique because its batch's is, and no index
-- looks for it. Text is compared byte by byte here, which is faster and sorts the same on every system.
-- What a host says of its requests (status, sub) is kept as it is: one event that is refused would refuse its whole batch.
create table ${schema}.usage_events (
  id uuid not null,
  at timestamptz not null,
  workspace_id text collate "C" not null,
  client_id text collate "C" not null,
  domain_id text collate "C",
  route text collate "C" not null,
  mode text collate "C" not null,
  sub text collate "C",
  status smallint not null,
  duration_ms double precision not null,
  price_nano_euro bigint not null,
  request_id text collate "C" not null,
  -- The billing month that it counts in, by its first moment (UTC).
  month timestamptz not null
) partition by range (at);
-- One index, and that without the time, which the partition tells already: it stays so small that it costs next to nothing.
create index usage_events_of_workspace on ${schema}.usage_events (workspace_id);

-- Kept for ever: what invoices and charts read. One batch may update every row of a page, and there is room for that: so the
-- update stays on its page, needs no index, and the next one finds the room free again.
create table ${schema}.usage_counters (
  hour timestamptz not null,
  workspace_id text collate "C" not null,
  client_id text collate "C" not null,
  domain_id text collate "C",
  route text collate "C" not null,
  mode text collate "C" not null,
  status_class smallint not null,
  unit_price_nano_euro bigint not null,
  month timestamptz not null,
  requests bigint not null
) with (fillfactor = 45);
create unique index usage_counters_key on ${schema}.usage_counters
  (client_id, hour, route, domain_id, status_class, mode, unit_price_nano_euro, month, workspace_id) nulls not distinct;
create index usage_counters_of_workspace on ${schema}.usage_counters (workspace_id, hour);
create index usage_counters_of_month on ${schema}.usage_counters (workspace_id, month);

-- A workspace's billing months. Whoever writes events holds a share of theirs; whoever closes one holds it alone.
create table ${schema}.workspace_months (
  workspace_id text collate "C" not null,
  month timestamptz not null,
  closed_at timestamptz,
  primary key (workspace_id, month)
);

-- What is billable of a month: live requests with a price. Quotas are told from it.
create table ${schema}.month_totals (
  workspace_id text collate "C" not null,
  month timestamptz not null,
  unit_price_nano_euro bigint not null,
  requests bigint not null,
  primary key (workspace_id, month, unit_price_nano_euro)
) with (fillfactor = 45);

alter table ${schema}.limit_windows set (fillfactor = 45);

-- Partitioned by day. Entries of admitted requests are written with their events, and are there once because those are; the
-- others say what a rule saw, and only they are looked for by id.
create table ${schema}.request_log (
  id uuid not null,
  at timestamptz not null,
  request_id text collate "C" not null,
  workspace_id text collate "C" not null,
  client_id text collate "C" not null,
  domain_id text collate "C",
  route text collate "C" not null,
  status smallint not null,
  duration_ms double precision not null,
  ip text collate "C" not null,
  user_agent text,
  refused_by text collate "C",
  facts jsonb check (jsonb_typeof(facts) = 'object')
) partition by range (at);
create unique index request_log_noted on ${schema}.request_log (id, at) where facts is not null;
create index request_log_of_workspace on ${schema}.request_log (workspace_id, at desc);
create index request_log_of_client on ${schema}.request_log (client_id, at desc);
-- Refusals are what is looked for, and few among many.
create index request_log_refusals on ${schema}.request_log (workspace_id, at desc) where refused_by is not null;

-- Catch what falls outside every period that was prepared, so that nothing is ever refused.
create table ${schema}.usage_events_other partition of ${schema}.usage_events default;
create table ${schema}.request_log_other partition of ${schema}.request_log default;

-- Makes the partitions for a period and the one after it: months of events (usage_events_2026_11), days of the request log
-- (request_log_2026_11_27). Runs with the rights of the schema's owner, so that the program needs none to create tables.
create function ${schema}.prepare_partitions(parent text, moment timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  period interval;
  beginning timestamp;
  partition_name text;
begin
  period := case parent when 'usage_events' then interval '1 month' when 'request_log' then interval '1 day' end;
  if period is null then
    raise exception 'There are no partitions of %.', parent;
  end if;
  for step in 0..1 loop
    beginning := date_trunc(case parent when 'usage_events' then 'month' else 'day' end, moment at time zone 'UTC') + step * period;
    partition_name := parent || to_char(beginning, case parent when 'usage_events' then '_YYYY_MM' else '_YYYY_MM_DD' end);
    -- Asked of the catalog itself, before the lock and after it: to_regclass may remember its first answer.
    continue when exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = partition_name);
    perform pg_advisory_xact_lock(hashtextextended('${schema} partitions', 0));
    continue when exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = partition_name);
    begin
      -- Made first and attached then: creating it in place would lock the whole ledger against writers.
      execute format('create table ${schema}.%I (like ${schema}.%I including all)', partition_name, parent);
      execute format('alter table ${schema}.%I attach partition ${schema}.%I for values from (%L) to (%L)',
        parent, partition_name, beginning at time zone 'UTC', (beginning + period) at time zone 'UTC');
    exception when check_violation then
      -- The default partition holds rows of that period already; the period stays there.
    end;
  end loop;
end $$;

-- The billing months that events of some months count in: those themselves, or the next that are open. To be written to, they
-- are made where there are none yet, and shared until the transaction ends.
create function ${schema}.open_months(month_workspaces text[], month_starts timestamptz[], is_writing boolean)
returns timestamptz[] language plpgsql as $$
declare
  months timestamptz[] := month_starts;
  closed_months bigint;
begin
  for i in 1 .. cardinality(months) loop
    while exists (select from ${schema}.workspace_months
      where workspace_id = month_workspaces[i] and month = months[i] and closed_at is not null)
    loop
      months[i] := (months[i] at time zone 'UTC' + interval '1 month') at time zone 'UTC';
    end loop;
  end loop;
  if is_writing then
    insert into ${schema}.workspace_months (workspace_id, month)
      select workspace_id, month from unnest(month_workspaces, months) as asked (workspace_id, month)
      order by workspace_id, month on conflict do nothing;
    -- Closed between the look and the lock: undone and begun again, for going on to the next would leave the order of locks.
    select count(closed_at) into closed_months
      from unnest(month_workspaces, months) as asked (workspace_id, month)
      cross join lateral (
        select known.closed_at from ${schema}.workspace_months as known
        where known.workspace_id = asked.workspace_id and known.month = asked.month for share
      ) as locked;
    if closed_months > 0 then
      raise exception 'A month was closed while its events were being written.' using errcode = 'serialization_failure';
    end if;
  end if;
  return months;
end $$;

-- Writes a batch, whose columns usage-columns.ts makes, in one statement. Rows are locked in the same order by every process:
-- the batch, the workspaces' months, the counters, the month totals, the windows, and within each by its key. So a
-- process may wait for another, but none in a circle.
create function ${schema}.append_usage(
  batch_id uuid,
  month_workspaces text[], month_starts timestamptz[],
  shape_months integer[], shape_clients text[], shape_domains text[], shape_routes text[], shape_modes text[],
  shape_prices bigint[],
  caller_ips text[], caller_agents text[],
  event_ids uuid[], event_times timestamptz[], event_shapes integer[], event_subs text[], event_statuses smallint[],
  event_durations double precision[], event_requests text[], event_callers integer[],
  counter_shapes integer[], counter_hours timestamptz[], counter_classes smallint[], counter_requests integer[],
  line_months integer[], line_prices bigint[], line_requests integer[],
  window_keys text[], window_starts timestamptz[], window_ends timestamptz[], window_sinces timestamptz[],
  window_uses bigint[],
  out billing_months timestamptz[], out total_months integer[], out total_prices bigint[], out total_requests bigint[],
  out window_totals bigint[]
) language plpgsql
-- Plans are made once for a connection, and look rows up by their keys however few there are when that is.
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  is_new boolean;
  found_months bigint;
  closed_months bigint;
  shape_workspaces text[];
  shape_billing timestamptz[];
begin
  insert into ${schema}.usage_batches (id) values (batch_id) on conflict do nothing;
  is_new := found;

  billing_months := month_starts;
  if is_new then
    select count(*), count(closed_at) into found_months, closed_months
      from unnest(month_workspaces, billing_months) as asked (workspace_id, month)
      cross join lateral (
        select known.closed_at from ${schema}.workspace_months as known
        where known.workspace_id = asked.workspace_id and known.month = asked.month for share
      ) as locked;
  end if;
  if not is_new or closed_months > 0 or found_months < cardinality(month_starts) then
    billing_months := ${schema}.open_months(month_workspaces, month_starts, is_new);
  end if;

  if is_new then
    shape_workspaces := array(select month_workspaces[month] from unnest(shape_months) as month);
    shape_billing := array(select billing_months[month] from unnest(shape_months) as month);

    insert into ${schema}.usage_events
      (id, at, workspace_id, client_id, domain_id, route, mode, sub, status, duration_ms, price_nano_euro, request_id, month)
      select id, at, shape_workspaces[shape], shape_clients[shape], shape_domains[shape], shape_routes[shape],
        shape_modes[shape], sub, status, duration_ms, shape_prices[shape], request_id, shape_billing[shape]
      from unnest(event_ids, event_times, event_shapes, event_subs, event_statuses, event_durations, event_requests)
        as event (id, at, shape, sub, status, duration_ms, request_id);

    if event_callers is not null then
      insert into ${schema}.request_log
        (id, at, request_id, workspace_id, client_id, domain_id, route, status, duration_ms, ip, user_agent)
        select id, at, request_id, shape_workspaces[shape], shape_clients[shape], shape_domains[shape],
          shape_routes[shape], status, duration_ms, caller_ips[caller], caller_agents[caller]
        from unnest(event_ids, event_times, event_shapes, event_statuses, event_durations, event_requests, event_callers)
          as event (id, at, shape, status, duration_ms, request_id, caller)
        where caller > 0;
    end if;

    insert into ${schema}.usage_counters as known
      (hour, workspace_id, client_id, domain_id, route, mode, status_class, unit_price_nano_euro, month, requests)
      select hour, shape_workspaces[shape], shape_clients[shape], shape_domains[shape], shape_routes[shape],
        shape_modes[shape], status_class, shape_prices[shape], shape_billing[shape], requests
      from unnest(counter_shapes, counter_hours, counter_classes, counter_requests) with ordinality
        as counter (shape, hour, status_class, requests, position)
      order by position
      on conflict (client_id, hour, route, domain_id, status_class, mode, unit_price_nano_euro, month, workspace_id)
      do update set requests = known.requests + excluded.requests;

    insert into ${schema}.month_totals as known (workspace_id, month, unit_price_nano_euro, requests)
      select month_workspaces[month], billing_months[month], price, sum(requests)
      from unnest(line_months, line_prices, line_requests) as line (month, price, requests)
      group by 1, 2, 3
      order by 1, 2, 3
      on conflict (workspace_id, month, unit_price_nano_euro) do update set requests = known.requests + excluded.requests;

    insert into ${schema}.limit_windows as known (key, window_start, window_end, used)
      select key, window_start, max(window_end), sum(used)
      from unnest(window_keys, window_starts, window_ends, window_uses) as used (key, window_start, window_end, used)
      group by 1, 2
      order by 1, 2
      on conflict (key, window_start) do update set used = known.used + excluded.used;
  end if;

  select totals.total_months, totals.total_prices, totals.total_requests, totals.window_totals
    into append_usage.total_months, append_usage.total_prices, append_usage.total_requests, append_usage.window_totals
    from ${schema}.usage_totals(month_workspaces, billing_months, window_keys, window_sinces) as totals;
end $$;

-- What is known of months and windows now: the totals' months are positions in the arrays that were given.
create function ${schema}.usage_totals(
  month_workspaces text[], months timestamptz[], window_keys text[], window_sinces timestamptz[],
  out total_months integer[], out total_prices bigint[], out total_requests bigint[], out window_totals bigint[]
) language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
begin
  select coalesce(array_agg(position), '{}'), coalesce(array_agg(unit_price_nano_euro), '{}'), coalesce(array_agg(requests), '{}')
    into total_months, total_prices, total_requests
    from (
      select asked.position, total.unit_price_nano_euro, total.requests
      from unnest(month_workspaces, months) with ordinality as asked (workspace_id, month, position)
      join ${schema}.month_totals as total on total.workspace_id = asked.workspace_id and total.month = asked.month
      order by 1, 2
    ) as line;
  select coalesce(array_agg(coalesce(
      (select sum(used) from ${schema}.limit_windows as slot where slot.key = asked.key and slot.window_start >= asked.since), 0
    )::bigint order by position), '{}')
    into window_totals
    from unnest(window_keys, window_sinces) with ordinality as asked (key, since, position);
end $$;

do $$ begin
  perform ${schema}.prepare_partitions('usage_events', at) from (
    select distinct date_trunc('month', at, 'UTC') as at from usage_before) as months order by at;
  perform ${schema}.prepare_partitions('request_log', at) from (
    select distinct date_trunc('day', at, 'UTC') as at from log_before) as days order by at;
end $$;

insert into ${schema}.usage_events
  select case when id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then id::uuid else gen_random_uuid() end, at, workspace_id, client_id,
    domain_id, route, mode, sub, status, duration_ms, price_nano_euro, id, date_trunc('month', at, 'UTC')
  from usage_before;
insert into ${schema}.usage_counters
  select date_trunc('hour', at, 'UTC'), workspace_id, client_id, domain_id, route, mode, status / 100, price_nano_euro, month,
    count(*)
  from ${schema}.usage_events group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
insert into ${schema}.workspace_months (workspace_id, month)
  select distinct workspace_id, month from ${schema}.usage_events;
insert into ${schema}.month_totals
  select workspace_id, month, unit_price_nano_euro, sum(requests)
  from ${schema}.usage_counters where mode = 'live' and unit_price_nano_euro > 0 group by 1, 2, 3;
insert into ${schema}.request_log
  select case when id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then id::uuid else gen_random_uuid() end, at, request_id, workspace_id, client_id,
    domain_id, route, status, duration_ms, ip, user_agent, refused_by, facts
  from log_before;
`,
}
