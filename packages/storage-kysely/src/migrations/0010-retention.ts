import type { Migration } from './migration.ts'

/**
 * What the maintenance works with. Partitions are made and dropped by functions that wait for a lock 50 ms at most: whoever
 * comes after them waits as long, and the maintenance tries again.
 */
export const retention: Migration = {
  name: '0010-retention',
  sql: schema => `
create index workspace_events_by_age on ${schema}.workspace_events (at);

-- The name of the partition that a moment falls into, and where that begins and ends.
create function ${schema}.partition_of(
  parent text, moment timestamptz, out name text, out first timestamptz, out next timestamptz
) language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  unit text := case parent when 'usage_events' then 'month' when 'request_log' then 'day' end;
  beginning timestamp := date_trunc(unit, moment at time zone 'UTC');
begin
  if unit is null then
    raise exception 'There are no partitions of %.', parent;
  end if;
  name := parent || to_char(beginning, case unit when 'month' then '_YYYY_MM' else '_YYYY_MM_DD' end);
  first := beginning at time zone 'UTC';
  next := (beginning + ('1 ' || unit)::interval) at time zone 'UTC';
end $$;

-- Makes the partition for a moment, and moves what the default partition caught of its period there: all in one transaction,
-- so that no row is ever missed. "postponed" instead where that is more than so many rows, because whoever wants the default
-- partition has to wait meanwhile. Runs with the rights of the schema's owner, so that the program needs none to create tables.
create function ${schema}.make_partition(parent text, moment timestamptz, most bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '50ms' as $$
declare
  part record;
  caught bigint;
begin
  select * into part from ${schema}.partition_of(parent, moment);
  if exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = part.name) then
    return 'known';
  end if;
  execute format('select count(*) from (select from ${schema}.%I where at >= $1 and at < $2 limit $3) as rows', parent || '_other')
    into caught using part.first, part.next, most + 1;
  if caught > most then
    return 'postponed';
  end if;
  -- As whoever makes one in passing does it, and in the order of ATTACH PARTITION.
  perform pg_advisory_xact_lock(hashtextextended('${schema} partitions', 0));
  execute format('lock table ${schema}.%I in share update exclusive mode', parent);
  execute format('lock table only ${schema}.%I in access exclusive mode', parent || '_other');
  if exists (select from pg_class where relnamespace = '${schema}'::regnamespace and relname = part.name) then
    return 'known';
  end if;
  execute format('create table ${schema}.%I (like ${schema}.%I including all)', part.name, parent);
  execute format('with caught as (delete from ${schema}.%I where at >= $1 and at < $2 returning *)
    insert into ${schema}.%I select * from caught', parent || '_other', part.name) using part.first, part.next;
  execute format('alter table ${schema}.%I attach partition ${schema}.%I for values from (%L) to (%L)',
    parent, part.name, part.first, part.next);
  return 'made';
end $$;

-- Drops the partition of a moment; false when there is none. Runs with the rights of the schema's owner, for whoever may
-- delete its rows.
create function ${schema}.drop_partition(parent text, moment timestamptz) returns boolean
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
  execute format('drop table ${schema}.%I', part.name);
  return true;
end $$;
`,
}
