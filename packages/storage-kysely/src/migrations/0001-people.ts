import type { Migration } from './migration.ts'

/** Users, their addresses and their sessions. */
export const people: Migration = {
  name: '0001-people',
  sql: schema => `
-- A person's identifier: an integer from 1 to 2^53 - 1 as text. No table refers to users by a foreign key, because a
-- host may bring its own users, and then this schema's table of users stays empty.
create domain ${schema}.sub as text
  check (value ~ '^[1-9][0-9]{0,15}$' and (length(value) < 16 or value collate "C" <= '9007199254740991'));

create table ${schema}.users (
  sub ${schema}.sub primary key,
  email text not null unique,
  email_verified boolean not null,
  password_hash text,
  name text not null,
  given_name text,
  family_name text,
  picture text,
  -- A calendar day is text, so that no time zone can move it.
  birth_date text check (birth_date ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'),
  gender text check (gender in ('female', 'male', 'other')),
  second_email text,
  phone_number text,
  country text check (country ~ '^[A-Z]{2}$'),
  locale text,
  socials jsonb not null check (jsonb_typeof(socials) = 'array'),
  test boolean not null,
  disabled_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table ${schema}.addresses (
  id bigint generated always as identity (maxvalue 9007199254740991) primary key,
  sub ${schema}.sub not null,
  type text not null check (type in ('standard', 'billing', 'business', 'contract', 'mailing', 'shipping')),
  name text,
  company_name text,
  firstname text,
  lastname text,
  phone text,
  email text,
  tax_nr text,
  registration_nr text,
  access_code text,
  postal_code text,
  house_number text,
  street text,
  city text,
  country text not null check (country ~ '^[A-Z]{2}$'),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index addresses_of_user on ${schema}.addresses (sub, id);

create table ${schema}.sessions (
  id_hash text primary key,
  sid text not null unique,
  sub ${schema}.sub not null,
  authenticated_at timestamptz not null,
  amr text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Text rather than inet, which refuses what an operating system may call an address (fe80::1%eth0).
  ip text not null,
  user_agent text
);
create index sessions_of_user on ${schema}.sessions (sub);
create index sessions_by_expiry on ${schema}.sessions (expires_at);
`,
}
