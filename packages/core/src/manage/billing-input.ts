import * as z from 'zod'
import { checkInput } from '../context/check-input.ts'
import { billingMonth, text } from '../lib/schema.ts'

// Billing is called by programs as well, in which no compiler may have looked at what is given.

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** A storage that has these parts. */
export const storageWith = (...parts: readonly string[]) =>
  z.custom(
    value => isObject(value) && parts.every(part => isObject(value[part])),
    'must be a storage, such as postgres()',
  )

/** What createConfig adds to the option `invoices`, unless it was given. */
const COMPLETED = ['numberPrefix', 'dueDays', 'vatBasisPoints', 'vatByCountry']

/** Options as they were given lack the defaults, which invoices are made with. */
const isComplete = (value: unknown) => {
  if (!isObject(value) || !isObject(value.plans) || !isObject(value.prices)) return false
  const { invoices } = value
  return (
    invoices === undefined || (isObject(invoices) && COMPLETED.every(name => invoices[name] !== undefined))
  )
}

const now = z.date('must be a Date')

/** What {@link InvoiceEnvironment} has. */
export const invoiceEnvironment = {
  storage: storageWith('workspaces', 'invoices'),
  config: z.custom(isComplete, 'must be what createConfig makes of the options'),
  now,
  actor: text().min(1, 'must say who does it'),
  ip: text().optional(),
}

/** What {@link ReconcileEnvironment} has. */
export const reconcileEnvironment = {
  storage: storageWith('invoices', 'reconciler'),
  config: z.custom(
    value =>
      isObject(value) && isObject(value.retention) && (value.plans === undefined || isObject(value.plans)),
    'must be what createConfig makes of the options',
  ),
  now,
}

/** What {@link MonthInput} has. */
export const monthInput = { workspaceId: text(), month: billingMonth }

/**
 * Checks what a program gave: all of it at once, before anything is done.
 * @param given objects with the members of `shape`; what is no object has none
 * @throws {InputError} `invalid_input`, naming every bad member
 */
export function checkCall(shape: z.ZodRawShape, ...given: readonly unknown[]): void {
  // Picked by name, because an environment may be an object of a class.
  const members = Object.keys(shape).map(name => {
    const holder = given.find(each => isObject(each) && each[name] !== undefined)
    return [name, isObject(holder) ? holder[name] : undefined]
  })
  checkInput(z.object(shape), Object.fromEntries(members))
}
