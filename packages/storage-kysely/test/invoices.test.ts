import { closedTerms } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { books } from '../../../test/support/books.ts'
import { sampleInvoice } from '../../../test/support/invoices.ts'
import { applyMigrations } from '../src/migrate.ts'
import { migrations } from '../src/migrations/index.ts'

const MARCH = new Date('2026-03-01T00:00:00Z')

t.test('the database itself refuses to change an invoice', async t => {
  const { storage, client } = await books(t)
  const workspace = await fixtures.storedWorkspace(storage)
  const sample = { ...sampleInvoice(), workspaceId: workspace.id, month: MARCH }
  await storage.invoices.close(workspace.id, MARCH, fixtures.now, () => ({
    invoice: sample,
    audit: fixtures.audit(),
  }))
  for (const change of [
    `update xwms.invoices set document = '{}'`,
    `update xwms.invoices set number = number`,
    'delete from xwms.invoices',
    'truncate xwms.invoices',
    'truncate xwms.invoices cascade',
    `insert into xwms.invoices select * from xwms.invoices on conflict (number) do update set document = '{}'`,
  ])
    await t.rejects(client.query(change), { code: '23001', message: /never changes/ }, change)
  t.strictSame(await storage.invoices.find(sample.number), sample)
})

t.test('the database itself refuses to change what a closed month was charged by', async t => {
  const { storage, client } = await books(t, { migrate: true })
  const position = migrations.findIndex(({ name }) => name === '0021-closed-terms')
  await applyMigrations(client, 'xwms', migrations.slice(0, position))
  await client.query(
    `insert into xwms.workspace_months values ('ws_old', '2026-02-01Z', '2026-03-01Z'), ('ws_old', '2026-03-01Z', null)`,
  )
  await storage.ready()
  const workspace = await fixtures.storedWorkspace(storage)
  const sample = { ...sampleInvoice(), workspaceId: workspace.id, month: MARCH }
  await storage.invoices.close(workspace.id, MARCH, fixtures.now, () => ({
    invoice: sample,
    audit: fixtures.audit(),
  }))
  const { rows } = await client.query(
    'select workspace_id, terms from xwms.workspace_months order by terms::text',
  )
  t.strictSame(rows, [
    { workspace_id: workspace.id, terms: closedTerms(sample) },
    { workspace_id: 'ws_old', terms: {} },
    { workspace_id: 'ws_old', terms: null },
  ])
  for (const change of [
    `update xwms.workspace_months set terms = '{"plan":"basic"}'`,
    `update xwms.workspace_months set terms = null where workspace_id = 'ws_old'`,
    'delete from xwms.workspace_months',
  ])
    await t.rejects(client.query(change), { code: '23001', message: /never changes/ }, change)
})

t.test('workspaces that were there before have their plan since they were created', async t => {
  const { storage, client } = await books(t, { migrate: true })
  const position = migrations.findIndex(({ name }) => name === '0007-invoices')
  await applyMigrations(client, 'xwms', migrations.slice(0, position))
  await client.query(
    `insert into xwms.workspaces (id, name, plan, plan_status, created_at)
     values ('ws_old', 'Old', 'enterprise', 'active', '2026-03-31T23:59:59Z')`,
  )
  await storage.ready()
  t.match(await storage.invoices.facts('ws_old', MARCH), {
    planName: 'enterprise',
    workspace: { billing: undefined },
  })
})
