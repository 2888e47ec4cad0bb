import type { Migration } from './migration.ts'

/**
 * From when on events and the request log are whole, which no retention that somebody sets afterwards can say: that changes, and what
 * was removed stays so. Of what was removed before this was written down, the oldest partition tells.
 */
export const removals: Migration = {
  name: '0023-removals',
  sql: schema => `
-- The beginning of the first hour after that of every row that was ever removed for its age. No row: none ever was.
create table ${schema}.removals (
  parent text primary key check (parent in ('usage_events', 'request_log')),
  before timestamptz not null
);

-- What was counted before the oldest partition has lost its events.
insert into ${schema}.removals
  select 'usage_events', oldest.first
  from (
    select min(to_date(right(relname, 7), 'YYYY_MM')::timestamp at time zone 'UTC') as first
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = '${schema}.usage_events'::regclass and relname ~ '^usage_events_[0-9]{4}_[0-9]{2}$'
  ) as oldest
  where exists (select from ${schema}.usage_counts where hour < oldest.first);

-- Writes down that rows from before a moment go; in the transaction in which they do, so that none goes without. It never goes back.
-- This and the next run with the rights of the schema's owner, so that the program needs none to the table.
create function ${schema}.record_removal(of_parent text, until timestamptz) returns void
language plpgsql strict security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not has_table_privilege(session_user, format('${schema}.%I', of_parent), 'delete') then
    raise exception 'To remove rows of % takes the right to delete them.', of_parent using errcode = 'insufficient_privilege';
  end if;
  insert into ${schema}.removals as known values (of_parent, until)
    on conflict (parent) do update set before = excluded.before where known.before < excluded.before;
end $$;

create function ${schema}.removed_before(of_parent text) returns timestamptz
language sql stable strict security definer set search_path = pg_catalog, pg_temp as $$
  select before from ${schema}.removals where parent = of_parent
$$;

-- As before, and it is written down what goes.
create or replace function ${schema}.drop_partition(parent text, moment timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' as $$
declare
  part record;
begin
  select * into part from ${schema}.partition_of(parent, moment);
  if not has_table_privilege(session_user, format('${schema}.%I', parent), 'delete') then
    raise exception 'To drop a partition of % takes the right to delete its rows.', parent using errcode = 'insufficient_privilege';
  end if;
  if not exists (select from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = format('${schema}.%I', parent)::regclass and relname = part.name) then
    return false;
  end if;
  perform ${schema}.record_removal(parent, part.next);
  execute format('drop table ${schema}.%I', part.name);
  return true;
end $$;
`,
}
