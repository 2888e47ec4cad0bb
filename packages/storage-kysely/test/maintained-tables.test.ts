import t from 'tap'
import { connect, freshDatabase } from '../../../test/support/database.ts'
import { EXPIRING } from '../src/maintenance/expired-rows.ts'
import { PARTITIONED } from '../src/maintenance/partitions.ts'

/** Tables that the maintenance leaves alone, and what keeps each from growing for ever. */
const LEFT_ALONE: Readonly<Record<string, string>> = {
  migrations: 'one row for each migration',
  users: 'as many as there are people',
  addresses: 'goes with its user',
  workspaces: 'as many as there are teams',
  members: 'goes with its workspace',
  clients:
    'a plan limits them; unused ones that described themselves are removed where the next one asks for room',
  secrets: 'a plan limits those that live; they go with their client',
  domains: 'a plan limits them; they go with their client',
  secret_domains: 'goes with its secret',
  client_users: 'one for each approval that was not taken back',
  session_clients: 'goes with its session',
  grants: 'go with the last of their tokens',
  signing_keys: 'a few a year',
  shared_secrets: 'one for each name that the program knows',
  usage_shapes: 'one for each route that a client calls, at each price',
  usage_counts: 'invoices are made from them: by the hour, not by the request',
  month_totals: 'invoices are proved by them: by the month',
  workspace_months: 'invoices are closed on them: by the month',
  workspace_plans: 'one for each change of a plan',
  invoices: 'kept for the tax office: one a month and workspace',
  invoice_years: 'one a year',
  removals: 'one row for each partitioned table',
}

t.test('every table is kept small, or it is said why it stays so', async t => {
  const database = await freshDatabase()
  const admin = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await database.drop()
  })
  const { rows } = await admin.query(`select relname from pg_class
    where relnamespace = 'xwms'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`)
  const known = [...EXPIRING, ...PARTITIONED].map(({ table }) => table)
  t.strictSame(
    rows.map(({ relname }) => relname),
    [...known, ...Object.keys(LEFT_ALONE)].sort(),
  )

  await t.test('and there is an index to find the old rows of each by', async t => {
    for (const { table, column } of EXPIRING) {
      const indexes = await admin.query(
        `select from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where indrelid = $1::regclass and attname = $2`,
        [`xwms.${table}`, column],
      )
      t.ok(indexes.rows.length > 0, `${table} by ${column}`)
    }
  })
})
