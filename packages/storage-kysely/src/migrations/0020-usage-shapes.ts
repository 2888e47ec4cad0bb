import type { Migration } from './migration.ts'

/** The row of an index is looked up by its key, however few rows there were when a plan was made, and plans are made once for a connection. */
const PLANS = `set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off`

/** How months and windows stand: of the months a line for each price, by their positions, none if there is nothing; of the windows one for each. */
const totals = (schema: string, months: string, keys: string) => `
  select array_agg(asked.position::integer), array_agg(total.unit_price_nano_euro), array_agg(total.requests)
    into total_months, total_prices, total_requests
    from unnest(month_workspaces, ${months}) with ordinality as asked (workspace_id, month, position)
    join ${schema}.month_totals as total on total.workspace_id = asked.workspace_id and total.month = asked.month;
  if cardinality(window_sinces) > 0 then
    window_totals := array(
      select coalesce(
        (select sum(used) from ${schema}.limit_windows as slot where slot.key = asked.key and slot.window_start >= asked.since), 0)::bigint
      from unnest(${keys}, window_sinces) as asked (key, since));
  end if;`

/**
 * What counters are of (a workspace, a client, a route and so on) is written down once and named by a number, so that a counter is
 * found by numbers, is a third as wide, and has one index instead of three. Counters are read as before, by a view.
 *
 * Programs of the version before do not work with it: none was released.
 */
export const usageShapes: Migration = {
  name: '0020-usage-shapes',
  sql: schema => `
-- What requests that are counted together have in common, but for the time and the status. A row never changes and never goes. Its id
-- is drawn by lot, so that one which a process remembers never means something else, even if the database was set back to
-- an earlier moment; and it is a safe integer of JavaScript.
create table ${schema}.usage_shapes (
  id bigint primary key,
  workspace_id text collate "C" not null,
  client_id text collate "C" not null,
  domain_id text collate "C",
  route text collate "C" not null,
  mode text collate "C" not null,
  unit_price_nano_euro bigint not null
);
create unique index usage_shapes_key on ${schema}.usage_shapes
  (client_id, route, domain_id, mode, unit_price_nano_euro, workspace_id) nulls not distinct;
create index usage_shapes_of_workspace on ${schema}.usage_shapes (workspace_id);

create function ${schema}.new_shape_id() returns bigint language sql volatile as $$
  select hashtextextended(gen_random_uuid()::text, 0) & 9007199254740991
$$;

-- Kept for ever: what invoices and charts read. One batch may update every row of a page, and there is room for that: so the
-- update stays on its page, needs no index, and the next one finds the room free again.
create table ${schema}.usage_counts (
  hour timestamptz not null,
  month timestamptz not null,
  shape bigint not null,
  requests bigint not null,
  status_class smallint not null
) with (fillfactor = 45);

insert into ${schema}.usage_shapes
  select ${schema}.new_shape_id(), shape.* from (
    select distinct workspace_id, client_id, domain_id, route, mode, unit_price_nano_euro from ${schema}.usage_counters) as shape;
insert into ${schema}.usage_counts (hour, month, shape, requests, status_class)
  select counter.hour, counter.month, shape.id, counter.requests, counter.status_class
  from ${schema}.usage_counters as counter join ${schema}.usage_shapes as shape
    on shape.workspace_id = counter.workspace_id and shape.client_id = counter.client_id and shape.route = counter.route
    and shape.mode = counter.mode and shape.unit_price_nano_euro = counter.unit_price_nano_euro
    and shape.domain_id is not distinct from counter.domain_id;
drop table ${schema}.usage_counters;

-- The month first: no hour counts in a month before its own, so it serves those who ask by hours as well.
create unique index usage_counts_key on ${schema}.usage_counts (shape, month, hour, status_class);
-- Of months that were closed when the requests came in: few.
create index usage_counts_late on ${schema}.usage_counts (shape, month) where month > hour;

create view ${schema}.usage_counters as
  select counted.hour, shape.workspace_id, shape.client_id, shape.domain_id, shape.route, shape.mode, counted.status_class,
    shape.unit_price_nano_euro, counted.month, counted.requests
  from ${schema}.usage_counts as counted join ${schema}.usage_shapes as shape on shape.id = counted.shape;

alter table ${schema}.limit_windows alter column key type text collate "C";

-- The ids of some shapes, made for those that are new. Whoever calls it waits until it is committed before the ids are used.
create function ${schema}.shapes_of(
  workspaces text[], clients text[], domains text[], routes text[], modes text[], prices bigint[]
) returns bigint[] language plpgsql ${PLANS}
as $$
declare
  ids bigint[];
begin
  loop
    insert into ${schema}.usage_shapes (id, workspace_id, client_id, domain_id, route, mode, unit_price_nano_euro)
      select ${schema}.new_shape_id(), workspace_id, client_id, domain_id, route, mode, price
      from unnest(workspaces, clients, domains, routes, modes, prices) as asked (workspace_id, client_id, domain_id, route, mode, price)
      order by client_id collate "C", route collate "C", domain_id collate "C", mode collate "C", price, workspace_id collate "C"
      on conflict do nothing;
    ids := array(
      select (
        select id from ${schema}.usage_shapes as known
        where known.client_id = asked.client_id and known.route = asked.route and known.domain_id is not distinct from asked.domain_id
          and known.mode = asked.mode and known.unit_price_nano_euro = asked.price and known.workspace_id = asked.workspace_id)
      from unnest(workspaces, clients, domains, routes, modes, prices) with ordinality
        as asked (workspace_id, client_id, domain_id, route, mode, price, position)
      order by position);
    -- An id that was another's already, by chance, is drawn again.
    exit when array_position(ids, null) is null;
  end loop;
  return ids;
end $$;

-- What is known of months and windows now: the totals' months are positions in the arrays that were given.
create or replace function ${schema}.usage_totals(
  month_workspaces text[], months timestamptz[], window_keys text[], window_sinces timestamptz[],
  out total_months integer[], out total_prices bigint[], out total_requests bigint[], out window_totals bigint[]
) language plpgsql stable ${PLANS}
as $$
begin
  ${totals(schema, 'months', 'window_keys')}
end $$;

-- Writes a batch, whose columns usage-columns.ts makes, in one statement. Rows are locked in the same order by every process:
-- the batch, the workspaces' months, the counters, the month totals, the windows, and within each in the order of its arrays,
-- which is that of the key. So a process may wait for another, but none in a circle.
-- Arrays are unnested in what is selected, side by side and in their order: in FROM, every one of them is copied to a store of its
-- own first. There are as few statements as can be, because to begin one costs as much as a dozen rows.
drop function ${schema}.append_usage;
create function ${schema}.append_usage(
  batch_id uuid,
  month_workspaces text[], month_starts timestamptz[],
  known_shapes bigint[],
  shape_months integer[], shape_clients text[], shape_domains text[], shape_routes text[], shape_modes text[],
  shape_prices bigint[],
  caller_ips text[], caller_agents text[],
  event_ids uuid[], event_times timestamptz[], event_shapes integer[], event_subs text[], event_statuses smallint[],
  event_durations double precision[], event_requests text[], event_callers integer[],
  counter_shapes bigint[], counter_months integer[], counter_hours timestamptz[], counter_classes smallint[],
  counter_requests integer[],
  line_months integer[], line_prices bigint[], line_requests integer[],
  window_keys text[], window_starts timestamptz[], window_ends timestamptz[], window_uses bigint[],
  asked_keys text[], window_sinces timestamptz[],
  out billing_months timestamptz[], out total_months integer[], out total_prices bigint[], out total_requests bigint[],
  out window_totals bigint[]
) language plpgsql ${PLANS}
as $$
declare
  is_new boolean;
  found_months bigint;
  closed_months bigint;
  found_shapes bigint;
begin
  insert into ${schema}.usage_batches (id) values (batch_id) on conflict do nothing;
  is_new := found;

  billing_months := month_starts;
  if is_new and cardinality(month_starts) > 0 then
    select count(*), count(closed_at), (select count(*) from ${schema}.usage_shapes where id = any (known_shapes))
      into found_months, closed_months, found_shapes
      from unnest(month_workspaces, month_starts) as asked (workspace_id, month)
      cross join lateral (
        select known.closed_at from ${schema}.workspace_months as known
        where known.workspace_id = asked.workspace_id and known.month = asked.month for share
      ) as locked;
    if found_shapes < cardinality(known_shapes) then
      raise exception 'The database does not know what is counted: it was set back.' using errcode = 'XWS01';
    end if;
  end if;
  if not is_new or closed_months > 0 or found_months < cardinality(month_starts) then
    billing_months := ${schema}.open_months(month_workspaces, month_starts, is_new);
    -- Several may have become the same one, and a total is written once.
    select array_agg(month order by month, price), array_agg(price order by month, price), array_agg(requests order by month, price)
      into line_months, line_prices, line_requests
      from (
        select min(month) as month, price, sum(requests) as requests
        from unnest(line_months, line_prices, line_requests) as line (month, price, requests)
        group by month_workspaces[month], billing_months[month], price
      ) as line;
  end if;

  if is_new then
    if cardinality(event_ids) > 0 then
      insert into ${schema}.usage_events
        (id, at, workspace_id, client_id, domain_id, route, mode, sub, status, duration_ms, price_nano_euro, request_id, month)
        select id, at, month_workspaces[shape_months[shape]], shape_clients[shape], shape_domains[shape], shape_routes[shape],
          shape_modes[shape], sub, status, duration_ms, shape_prices[shape], request_id, billing_months[shape_months[shape]]
        from (
          select unnest(event_ids) as id, unnest(event_times) as at, unnest(event_shapes) as shape, unnest(event_subs) as sub,
            unnest(event_statuses) as status, unnest(event_durations) as duration_ms, unnest(event_requests) as request_id
        ) as event;

      insert into ${schema}.usage_counts as known (hour, month, shape, requests, status_class)
        select hour, billing_months[month], shape, requests, status_class
        from (
          select unnest(counter_hours) as hour, unnest(counter_months) as month, unnest(counter_shapes) as shape,
            unnest(counter_requests) as requests, unnest(counter_classes) as status_class
        ) as counter
        on conflict (shape, month, hour, status_class) do update set requests = known.requests + excluded.requests;
    end if;

    if event_callers is not null then
      insert into ${schema}.request_log
        (id, at, request_id, workspace_id, client_id, domain_id, route, status, duration_ms, ip, user_agent)
        select id, at, request_id, month_workspaces[shape_months[shape]], shape_clients[shape], shape_domains[shape],
          shape_routes[shape], status, duration_ms, caller_ips[caller], caller_agents[caller]
        from (
          select unnest(event_ids) as id, unnest(event_times) as at, unnest(event_shapes) as shape,
            unnest(event_statuses) as status, unnest(event_durations) as duration_ms, unnest(event_requests) as request_id,
            unnest(event_callers) as caller
        ) as event
        where caller > 0;
    end if;

    if cardinality(line_months) > 0 then
      insert into ${schema}.month_totals as known (workspace_id, month, unit_price_nano_euro, requests)
        select month_workspaces[month], billing_months[month], price, requests
        from (
          select unnest(line_months) as month, unnest(line_prices) as price, unnest(line_requests) as requests
        ) as line
        on conflict (workspace_id, month, unit_price_nano_euro) do update set requests = known.requests + excluded.requests;
    end if;

    if cardinality(window_keys) > 0 then
      insert into ${schema}.limit_windows as known (key, window_start, window_end, used)
        select unnest(window_keys), unnest(window_starts), unnest(window_ends), unnest(window_uses)
        on conflict (key, window_start) do update set used = known.used + excluded.used;
    end if;
  end if;
${totals(schema, 'billing_months', 'coalesce(asked_keys, window_keys)')}
end $$;
`,
}
