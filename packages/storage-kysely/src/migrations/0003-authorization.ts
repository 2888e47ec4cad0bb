import type { Migration } from './migration.ts'

/** Sign-ins under way, codes, grants, tokens and signing keys. */
export const authorization: Migration = {
  name: '0003-authorization',
  sql: schema => `
-- "parameters" is json where other columns are jsonb: it holds what a browser sent, and jsonb refuses the character
-- U+0000, which a browser may well send.
create table ${schema}.interactions (
  hash text primary key,
  flow text not null check (flow in ('authorization_code', 'sign_token')),
  client_id text not null references ${schema}.clients on delete cascade,
  domain_id text references ${schema}.domains on delete cascade,
  redirect_uri text not null,
  scopes text[] not null,
  parameters json not null,
  denied_at timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index interactions_by_expiry on ${schema}.interactions (expires_at);

create table ${schema}.grants (
  id text primary key,
  client_id text not null references ${schema}.clients on delete cascade,
  sub ${schema}.sub,
  sid text,
  scopes text[] not null,
  authenticated_at timestamptz,
  amr text[] not null,
  parameters json not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index grants_of_client_user on ${schema}.grants (client_id, sub);
create index grants_by_age on ${schema}.grants (created_at);

create table ${schema}.codes (
  hash text primary key,
  flow text not null check (flow in ('authorization_code', 'sign_token')),
  client_id text not null references ${schema}.clients on delete cascade,
  domain_id text references ${schema}.domains on delete cascade,
  sub ${schema}.sub not null,
  sid text not null,
  authenticated_at timestamptz not null,
  amr text[] not null,
  redirect_uri text not null,
  scopes text[] not null,
  parameters json not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  -- What the code gave, for a replay to revoke.
  grant_id text references ${schema}.grants on delete set null,
  check (grant_id is null or consumed_at is not null)
);
create index codes_by_expiry on ${schema}.codes (expires_at);
create index codes_by_grant on ${schema}.codes (grant_id) where grant_id is not null;

create table ${schema}.access_tokens (
  hash text primary key,
  grant_id text not null references ${schema}.grants on delete cascade,
  client_id text not null,
  sub ${schema}.sub,
  scopes text[] not null,
  audience text[] not null,
  confirmation jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index access_tokens_of_grant on ${schema}.access_tokens (grant_id);
create index access_tokens_by_expiry on ${schema}.access_tokens (expires_at);

create table ${schema}.refresh_tokens (
  hash text primary key,
  grant_id text not null references ${schema}.grants on delete cascade,
  client_id text not null,
  scopes text[] not null,
  confirmation jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  family_expires_at timestamptz not null,
  spent_at timestamptz,
  -- The successor's value, sealed so that only the bearer of this token can open it.
  sealed_successor text,
  check ((spent_at is null) = (sealed_successor is null)),
  check (expires_at <= family_expires_at)
);
create index refresh_tokens_of_grant on ${schema}.refresh_tokens (grant_id);
create index refresh_tokens_by_expiry on ${schema}.refresh_tokens (expires_at);

create table ${schema}.signing_keys (
  kid text primary key,
  alg text not null check (alg in ('RS256', 'ES256', 'EdDSA', 'PS256')),
  public_jwk jsonb not null,
  private_jwk jsonb not null,
  created_at timestamptz not null,
  active_at timestamptz not null,
  retired_at timestamptz
);
`,
}
