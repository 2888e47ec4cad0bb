import type { Migration } from './migration.ts'

/** `append_usage` reads its arrays without copying them first. */
export const appendUsage: Migration = {
  name: '0012-append-usage',
  sql: schema => `
-- Writes a batch, whose columns usage-columns.ts makes, in one statement. Rows are locked in the same order by every process:
-- the batch, the workspaces' months, the counters, the month totals, the windows, and within each by its key. So a
-- process may wait for another, but none in a circle.
-- Arrays are unnested in what is selected, side by side and in their order: in FROM, every one of them is copied to a store of its
-- own first, and what comes of them is sorted again.
create or replace function ${schema}.append_usage(
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
      from (
        select unnest(event_ids) as id, unnest(event_times) as at, unnest(event_shapes) as shape, unnest(event_subs) as sub,
          unnest(event_statuses) as status, unnest(event_durations) as duration_ms, unnest(event_requests) as request_id
      ) as event;

    if event_callers is not null then
      insert into ${schema}.request_log
        (id, at, request_id, workspace_id, client_id, domain_id, route, status, duration_ms, ip, user_agent)
        select id, at, request_id, shape_workspaces[shape], shape_clients[shape], shape_domains[shape],
          shape_routes[shape], status, duration_ms, caller_ips[caller], caller_agents[caller]
        from (
          select unnest(event_ids) as id, unnest(event_times) as at, unnest(event_shapes) as shape,
            unnest(event_statuses) as status, unnest(event_durations) as duration_ms, unnest(event_requests) as request_id,
            unnest(event_callers) as caller
        ) as event
        where caller > 0;
    end if;

    insert into ${schema}.usage_counters as known
      (hour, workspace_id, client_id, domain_id, route, mode, status_class, unit_price_nano_euro, month, requests)
      select hour, shape_workspaces[shape], shape_clients[shape], shape_domains[shape], shape_routes[shape],
        shape_modes[shape], status_class, shape_prices[shape], shape_billing[shape], requests
      from (
        select unnest(counter_shapes) as shape, unnest(counter_hours) as hour, unnest(counter_classes) as status_class,
          unnest(counter_requests) as requests
      ) as counter
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
`,
}
