import * as z from 'zod'
import { checkInput } from '../context/check-input.ts'
import { normaliseEmail } from '../lib/email.ts'
import { label, listOf, normalised, text } from '../lib/schema.ts'
import type { BillingDetails, Workspace } from '../model/workspace.ts'
import type { ManageEnvironment } from './environment.ts'
import { changeWorkspace } from './workspaces.ts'

/** What {@link setBillingDetails} is told. */
export interface BillingDetailsInput {
  /** Of the company or the person. */
  readonly name: string
  /** One to six. */
  readonly addressLines: readonly string[]
  /** ISO 3166-1 alpha-2, upper-case. */
  readonly country: string
  readonly vatId?: string
  readonly email?: string
}

const billingDetails = z.strictObject({
  name: label,
  addressLines: listOf(label, 'must be a list')
    .min(1, 'must have a line')
    .max(6, 'must have at most 6 lines'),
  country: text().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as NL'),
  // As it is printed: each country has a form of its own, and spaces in it are common.
  vatId: text()
    .regex(/^[A-Z0-9][A-Z0-9 .+*-]{3,29}$/i, 'must be a VAT number such as NL123456789B01')
    .optional(),
  email: normalised(normaliseEmail, 'must be an email address such as ann@example.com').optional(),
})

/**
 * Says to whom a workspace's invoices are made out from now on, in place of all that was said before. Invoices that there are
 * stay as they are.
 * @throws {InputError} `invalid_input`, `workspace_not_found` or `changed_meanwhile`
 */
export async function setBillingDetails(
  environment: ManageEnvironment,
  workspaceId: string,
  input: BillingDetailsInput,
): Promise<Workspace> {
  const { vatId, email, ...given } = checkInput(billingDetails, input)
  const billing: BillingDetails = { ...given, ...(vatId && { vatId }), ...(email && { email }) }
  return await changeWorkspace(environment, workspaceId, before => ({ ...before, billing }))
}
