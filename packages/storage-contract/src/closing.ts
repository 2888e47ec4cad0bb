import {
  type ComposeInvoice,
  type Invoice,
  type MeteredRequest,
  type MonthFacts,
  monthAfter,
  monthCost,
  type Storage,
  type Workspace,
} from '@xwms/core'
import type { Test } from 'tap'
import { fixtures } from './fixtures.ts'

export const MARCH = new Date('2026-03-01T00:00:00Z')
export const APRIL = monthAfter(MARCH)
export const MAY = monthAfter(APRIL)

let years = 2030

/** A moment of a year that no other test issues invoices in, so that its numbers begin at 1. */
export const ownYear = () => new Date(Date.UTC(years++, 5, 1, 12))

/** Stores a workspace that was there before the months that are closed, unless the test says otherwise. */
export function billedWorkspace(
  storage: Storage,
  createdAt = new Date('2026-01-05T00:00:00Z'),
): Promise<Workspace> {
  return fixtures.storedWorkspace(storage, { createdAt })
}

/** Meters so many requests of a workspace, all alike. */
export async function use(
  storage: Storage,
  { id }: Workspace,
  at: Date,
  given: Partial<MeteredRequest> = {},
  times = 1,
): Promise<void> {
  const request = () => fixtures.meteredRequest({ workspaceId: id, at, ...given })
  await storage.usage.append(fixtures.usageBatch(Array.from({ length: times }, request)))
}

function invoiceOf(facts: MonthFacts, number: string, now: Date): Invoice {
  return {
    ...monthCost(facts.usage, { feeNanoEuro: 1_000_000_000, includedRequests: 2, vatBasisPoints: 1900 }),
    number,
    workspaceId: facts.workspace.id,
    month: facts.month,
    issuedAt: now,
    dueAt: now,
    seller: { name: 'Größe GmbH', addressLines: ['Straße 1'], country: 'DE' },
    customer: {
      name: facts.workspace.name,
      addressLines: [],
      country: 'NL',
      vatId: undefined,
      email: undefined,
    },
    plan: { name: facts.planName, title: 'Plan', includedRequests: 2 },
    earlierMonths: facts.earlierMonths,
    vatNote: undefined,
  }
}

const composing =
  (now: Date): ComposeInvoice =>
  (facts, sequence) => ({
    invoice: invoiceOf(facts, `${now.getUTCFullYear()}-${String(sequence).padStart(6, '0')}`, now),
    audit: fixtures.audit({ workspaceId: facts.workspace.id, action: 'invoice.closed' }),
  })

/** Closes a month for a workspace. */
export const close = (storage: Storage, { id }: Workspace, month: Date, now: Date) =>
  storage.invoices.close(id, month, now, composing(now))

/** The same where the month has to be open: its invoice. */
export async function closed(
  t: Test,
  storage: Storage,
  workspace: Workspace,
  month: Date,
  now: Date,
): Promise<Invoice> {
  const result = await close(storage, workspace, month, now)
  if (result.outcome === 'closed') return result.invoice
  t.fail(result.outcome)
  throw new Error(result.outcome)
}

/** How many requests an invoice has. */
export const requests = ({ lines }: Invoice) => lines.reduce((sum, line) => sum + line.requests, 0n)
