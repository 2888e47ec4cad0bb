import type { Migration } from './migration.ts'

/** Workspaces, clients and their credentials, and the notices that go out when one of them changes. */
export const clients: Migration = {
  name: '0002-clients',
  sql: schema => `
create table ${schema}.workspaces (
  id text primary key,
  name text not null,
  plan text not null,
  plan_status text not null check (plan_status in ('active', 'inactive')),
  monthly_request_cap bigint check (monthly_request_cap >= 0),
  created_at timestamptz not null
);

create table ${schema}.members (
  workspace_id text not null references ${schema}.workspaces on delete cascade,
  sub ${schema}.sub not null,
  role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'viewer')),
  created_at timestamptz not null,
  primary key (workspace_id, sub)
);
create index members_by_user on ${schema}.members (sub);

create table ${schema}.clients (
  id text primary key,
  workspace_id text not null references ${schema}.workspaces on delete cascade,
  name text not null,
  type text not null check (type in ('confidential', 'public')),
  enabled boolean not null,
  links_secrets_to_domains boolean not null,
  require_pkce boolean not null,
  -- Lists, not tables of their own: they are always read and written whole, together with the client, and nobody asks
  -- which clients share an entry.
  grant_types text[] not null,
  scopes text[] not null,
  redirect_uris text[] not null,
  uri text,
  logo_uri text,
  policy_uri text,
  tos_uri text,
  metadata jsonb not null check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index clients_of_workspace on ${schema}.clients (workspace_id, created_at);

create table ${schema}.secrets (
  id text primary key,
  client_id text not null references ${schema}.clients on delete cascade,
  name text not null,
  hash text not null,
  hint text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  unique (client_id, id)
);
create index secrets_by_proof on ${schema}.secrets (client_id, hash);

create table ${schema}.domains (
  id text primary key check (id like 'dom\\_%'),
  client_id text not null references ${schema}.clients on delete cascade,
  host text not null,
  mode text not null check (mode in ('test', 'live')),
  active boolean not null,
  login_allowed boolean not null,
  api_allowed boolean not null,
  -- Text, so that an owner reads back what was written; the rule that compares addresses is in the program.
  ip_allowlist text[] not null,
  test_users_only boolean not null,
  fallback_uri text,
  created_at timestamptz not null,
  unique (client_id, host),
  unique (client_id, id)
);

-- Both references carry the client, so that a secret cannot be linked to another client's domain.
create table ${schema}.secret_domains (
  client_id text not null,
  domain_id text not null,
  secret_id text not null,
  primary key (client_id, domain_id, secret_id),
  foreign key (client_id, domain_id) references ${schema}.domains (client_id, id) on delete cascade,
  foreign key (client_id, secret_id) references ${schema}.secrets (client_id, id) on delete cascade
);
create index secret_domains_by_secret on ${schema}.secret_domains (client_id, secret_id);

create table ${schema}.client_users (
  client_id text not null references ${schema}.clients on delete cascade,
  sub ${schema}.sub not null,
  scopes text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (client_id, sub)
);
create index client_users_by_user on ${schema}.client_users (sub);

-- Every process listens for the ids of clients that changed. Triggers, so that no way of changing a client can forget
-- to tell, a person's own SQL included; PostgreSQL delivers the notices when the change is committed, and only then.
create function ${schema}.tell_of_client() returns trigger language plpgsql as $$
begin
  perform pg_notify(tg_table_schema || '_changes',
    case tg_op when 'DELETE' then to_jsonb(old) else to_jsonb(new) end ->> tg_argv[0]);
  return null;
end $$;

create function ${schema}.tell_of_workspace() returns trigger language plpgsql as $$
begin
  perform pg_notify(tg_table_schema || '_changes', client.id)
    from ${schema}.clients as client where client.workspace_id = new.id;
  return null;
end $$;

create trigger tell after update on ${schema}.workspaces
  for each row execute function ${schema}.tell_of_workspace();
create trigger tell after insert or update or delete on ${schema}.clients
  for each row execute function ${schema}.tell_of_client('id');
-- Not last_used_at, which is written all the time and changes no answer.
create trigger tell after insert or delete or update of name, hash, expires_at, revoked_at on ${schema}.secrets
  for each row execute function ${schema}.tell_of_client('client_id');
create trigger tell after insert or update or delete on ${schema}.domains
  for each row execute function ${schema}.tell_of_client('client_id');
create trigger tell after insert or update or delete on ${schema}.secret_domains
  for each row execute function ${schema}.tell_of_client('client_id');
`,
}
