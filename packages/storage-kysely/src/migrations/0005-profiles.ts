import type { Migration } from './migration.ts'

/**
 * What the profiles of OAuth ask for: pushed requests, device codes, replays, back-channel logout, keys that follow one
 * another, clients that register themselves; and notices of grants, access tokens and users.
 */
export const profiles: Migration = {
  name: '0005-profiles',
  sql: schema => `
alter table ${schema}.clients
  add column profile text not null default 'oauth2.1' check (profile in ('oauth2.1', 'openid', 'fapi2')),
  add column source text not null default 'managed' check (source in ('managed', 'registration', 'document')),
  add column registration_token_hash text;
-- What is looked through for clients that nobody uses.
create index clients_self_made on ${schema}.clients (created_at) where source <> 'managed';

alter table ${schema}.client_users
  add column claims text[] not null default '{}',
  add column resources text[] not null default '{}',
  -- Each the JSON that the user saw.
  add column authorization_details text[] not null default '{}';

alter table ${schema}.interactions
  drop constraint interactions_flow_check,
  add constraint interactions_flow_check check (flow in ('authorization_code', 'sign_token', 'device_code'));
alter table ${schema}.codes
  drop constraint codes_flow_check,
  add constraint codes_flow_check check (flow in ('authorization_code', 'sign_token', 'device_code'));

-- Clients are removed with all that refers to them, and sessions end with their grants.
create index interactions_of_client on ${schema}.interactions (client_id);
create index codes_of_client on ${schema}.codes (client_id);
create index grants_of_session on ${schema}.grants (sid) where sid is not null;

-- Being consumed and being spent is written to the row alone, not to its indexes: there is room on its page, and no index
-- on what changes. What a code gave may be swept before it; a replay then finds nothing to revoke.
alter table ${schema}.codes drop constraint codes_grant_id_fkey, set (fillfactor = 70);
drop index ${schema}.codes_by_grant;
alter table ${schema}.refresh_tokens set (fillfactor = 80);
-- Nothing asks for grants by their age: they go with their last token.
drop index ${schema}.grants_by_age;

-- The clients that take part in a session, for its end to be told to.
create table ${schema}.session_clients (
  sid text not null references ${schema}.sessions (sid) on delete cascade,
  client_id text not null references ${schema}.clients on delete cascade,
  primary key (sid, client_id)
);
create index session_clients_of_client on ${schema}.session_clients (client_id);

create table ${schema}.logout_deliveries (
  id text primary key default gen_random_uuid()::text,
  client_id text not null references ${schema}.clients on delete cascade,
  sub ${schema}.sub not null,
  sid text not null,
  attempts integer not null default 0,
  created_at timestamptz not null,
  next_attempt_at timestamptz not null
);
create index logout_deliveries_due on ${schema}.logout_deliveries (next_attempt_at);
create index logout_deliveries_of_client on ${schema}.logout_deliveries (client_id);

-- "parameters" is json for the reason given in 0003.
create table ${schema}.pushed_requests (
  hash text primary key,
  client_id text not null references ${schema}.clients on delete cascade,
  parameters json not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index pushed_requests_of_client on ${schema}.pushed_requests (client_id);
create index pushed_requests_by_expiry on ${schema}.pushed_requests (expires_at);

create table ${schema}.device_codes (
  hash text primary key,
  user_code_hash text not null unique,
  client_id text not null references ${schema}.clients on delete cascade,
  scopes text[] not null,
  parameters json not null,
  interval_seconds integer not null check (interval_seconds >= 0),
  decision jsonb check (jsonb_typeof(decision -> 'denied') = 'boolean'),
  polled_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index device_codes_of_client on ${schema}.device_codes (client_id);
create index device_codes_by_expiry on ${schema}.device_codes (expires_at);

-- What may be used once, by its SHA-256: one row for each proof of possession.
create table ${schema}.replays (
  hash bytea primary key,
  expires_at timestamptz not null
);
create index replays_by_expiry on ${schema}.replays (expires_at);

-- A key has one successor; retired_at alone would not tell, as a key may have had an end from its beginning.
alter table ${schema}.signing_keys add column successor_kid text;

create table ${schema}.shared_secrets (
  name text primary key,
  value text not null
);

-- An access token belongs to no domain. A primary key takes no nulls; this index takes them, and takes two for the same.
alter table ${schema}.usage_events alter column domain_id drop not null;
alter table ${schema}.usage_counters drop constraint usage_counters_pkey;
alter table ${schema}.usage_counters alter column domain_id drop not null;
create unique index usage_counters_key on ${schema}.usage_counters
  (client_id, hour, domain_id, route, mode, status_class, workspace_id) nulls not distinct;

-- Notices beside those of clients begin with their kind; those of clients stay bare ids, which older programs listen for.
create function ${schema}.tell() returns trigger language plpgsql as $$
begin
  perform pg_notify(tg_table_schema || '_changes', tg_argv[0] || ' ' ||
    (case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end ->> tg_argv[1]));
  return null;
end $$;

-- Not the deletion of a grant or a token: that is how what expired goes.
create trigger tell after update of revoked_at on ${schema}.grants
  for each row when (old.revoked_at is null and new.revoked_at is not null)
  execute function ${schema}.tell('grant', 'id');
-- A token is revoked by ending it early.
create trigger tell after update of expires_at on ${schema}.access_tokens
  for each row when (new.expires_at < old.expires_at)
  execute function ${schema}.tell('access_token', 'hash');
create trigger tell after update or delete on ${schema}.users
  for each row execute function ${schema}.tell('user', 'sub');
create trigger tell after insert or update or delete on ${schema}.addresses
  for each row execute function ${schema}.tell('user', 'sub');
`,
}
