import type { Migration } from './migration.ts'

/** Invoices that never change, their gapless numbers, which plan a workspace was on when, and to whom it is billed. */
export const invoices: Migration = {
  name: '0007-invoices',
  sql: schema => `
alter table ${schema}.workspaces add column billing json check (json_typeof(billing) = 'object');

-- A plan holds from "since" until the next row of its workspace.
create table ${schema}.workspace_plans (
  workspace_id text collate "C" not null,
  since timestamptz not null,
  plan text not null,
  primary key (workspace_id, since)
);
insert into ${schema}.workspace_plans (workspace_id, since, plan) select id, created_at, plan from ${schema}.workspaces;

-- The last number that was given in a year. Its row is locked until the invoice with the next one is committed, so that one
-- that is not leaves no gap.
create table ${schema}.invoice_years (
  year integer primary key,
  last integer not null
);

create table ${schema}.invoices (
  number text collate "C" primary key,
  year integer not null,
  sequence integer not null,
  workspace_id text collate "C" not null,
  month timestamptz not null,
  -- As text, byte for byte, whatever a later PostgreSQL thinks of JSON.
  document json not null,
  unique (year, sequence),
  unique (workspace_id, month)
);

create function ${schema}.refuse_invoice_change() returns trigger language plpgsql as $$
begin
  raise exception 'An invoice that was issued never changes.'
    using errcode = 'restrict_violation', hint = 'What was wrong in one month is put right in the next.';
end $$;
create trigger invoices_never_change before update or delete or truncate on ${schema}.invoices
  for each statement execute function ${schema}.refuse_invoice_change();
`,
}
