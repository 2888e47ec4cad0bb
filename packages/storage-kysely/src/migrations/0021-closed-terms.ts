import type { Migration } from './migration.ts'

/**
 * What a month was charged by, kept by its close apart from the invoice, so that an invoice that was falsified, however consistently,
 * is found out. Months that were closed before have an empty object: it is not known of them.
 */
export const closedTerms: Migration = {
  name: '0021-closed-terms',
  sql: schema => `
-- As text, byte for byte, like the invoice.
alter table ${schema}.workspace_months add column terms json;
update ${schema}.workspace_months set terms = '{}' where closed_at is not null;

create function ${schema}.refuse_closed_month_change() returns trigger language plpgsql as $$
begin
  raise exception 'What a closed month was charged by never changes.'
    using errcode = 'restrict_violation', hint = 'What was wrong in one month is put right in the next.';
end $$;
create trigger closed_months_keep_terms before update of terms on ${schema}.workspace_months
  for each row when (old.terms is not null and old.terms::text is distinct from new.terms::text)
  execute function ${schema}.refuse_closed_month_change();
create trigger closed_months_stay before delete on ${schema}.workspace_months
  for each row when (old.terms is not null) execute function ${schema}.refuse_closed_month_change();
`,
}
