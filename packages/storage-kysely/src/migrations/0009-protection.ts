import type { Migration } from './migration.ts'

/** What is kept against attackers: failures while they count, blocks, where things were used from; and what owners hear of. */
export const protection: Migration = {
  name: '0009-protection',
  sql: schema => `
create table ${schema}.blocks (
  id text primary key,
  subject text not null,
  answer text not null check (answer in ('throttle', 'block')),
  reason text not null,
  score bigint not null,
  workspace_id text,
  client_id text,
  exempt text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  lifted_at timestamptz,
  facts jsonb not null check (jsonb_typeof(facts) = 'object')
);
create index blocks_of_subject on ${schema}.blocks (subject, created_at);
create index blocks_of_workspace on ${schema}.blocks (workspace_id, created_at desc, id desc);
create index blocks_by_expiry on ${schema}.blocks (expires_at);
create trigger tell after insert or update of lifted_at on ${schema}.blocks
  for each row execute function ${schema}.tell('block', 'id');

-- Of use for minutes; a crash of the database may forget the last moment of it.
create table ${schema}.failures (
  id text primary key,
  at timestamptz not null,
  purpose text not null,
  origin text not null,
  subject text not null,
  weight bigint not null check (weight > 0),
  expires_at timestamptz not null
);
create index failures_of_origin on ${schema}.failures (purpose, origin, at);
create index failures_of_subject on ${schema}.failures (purpose, subject, at);
create index failures_by_expiry on ${schema}.failures (expires_at);

-- Keeps a failure and counts. Whoever counts one origin or one subject does so alone, so that of calls at once each sees
-- all before it; the locks are taken in one order, so that nobody waits in a circle.
create function ${schema}.record_failure(
  new_id text, new_at timestamptz, new_purpose text, new_origin text, new_subject text, new_weight bigint,
  new_expires_at timestamptz, since timestamptz,
  out pair bigint, out origin bigint, out origin_subjects bigint, out subject bigint, out subject_origins bigint,
  out origin_tried_at timestamptz, out pair_tried_at timestamptz, out subject_tried_at timestamptz
) language plpgsql as $$
declare
  lock_key bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  for lock_key in
    select distinct hashtextextended(key, 0) as hash
      from unnest(array['${schema} origin ' || new_purpose || ' ' || new_origin,
                        '${schema} subject ' || new_purpose || ' ' || new_subject]) as key
      order by hash
  loop
    perform pg_advisory_xact_lock(lock_key);
  end loop;
  select coalesce(sum(known.weight) filter (where known.subject = new_subject), 0), coalesce(sum(known.weight), 0),
      max(known.at), max(known.at) filter (where known.subject = new_subject)
    into pair, origin, origin_tried_at, pair_tried_at
    from ${schema}.failures as known
    where known.purpose = new_purpose and known.origin = new_origin and known.at >= since;
  select count(*) into origin_subjects from (
    select known.subject from ${schema}.failures as known
      where known.purpose = new_purpose and known.origin = new_origin and known.at >= since
    union select new_subject) as subjects;
  select coalesce(sum(known.weight), 0), max(known.at) into subject, subject_tried_at
    from ${schema}.failures as known
    where known.purpose = new_purpose and known.subject = new_subject and known.at >= since;
  select count(*) into subject_origins from (
    select known.origin from ${schema}.failures as known
      where known.purpose = new_purpose and known.subject = new_subject and known.at >= since
    union select new_origin) as origins;
  insert into ${schema}.failures (id, at, purpose, origin, subject, weight, expires_at)
    values (new_id, new_at, new_purpose, new_origin, new_subject, new_weight, new_expires_at);
  pair := pair + new_weight;
  origin := origin + new_weight;
  subject := subject + new_weight;
end $$;

create table ${schema}.known_origins (
  subject text not null,
  origin text not null,
  seen_at timestamptz not null,
  primary key (subject, origin)
);
create index known_origins_by_age on ${schema}.known_origins (seen_at);

create table ${schema}.workspace_events (
  id text primary key,
  at timestamptz not null,
  workspace_id text not null,
  client_id text,
  type text not null,
  key text not null,
  message text not null,
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  unique (workspace_id, key)
);
create index workspace_events_of_workspace on ${schema}.workspace_events (workspace_id, at desc, id desc);
`,
}
