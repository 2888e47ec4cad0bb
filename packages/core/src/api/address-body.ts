import * as z from 'zod'
import { findCountry, findCountryById } from '../lib/countries.ts'
import { normaliseEmail } from '../lib/email.ts'
import { string } from '../lib/schema.ts'
import { ADDRESS_TYPES, type Address, type AddressFields, type AddressType } from '../model/user.ts'
import { optionalText, positiveInteger } from './body.ts'
import { countryBody } from './country-body.ts'

const COUNTRY_SENTENCE = 'Send an ISO 3166-1 code, alpha-2 or alpha-3, such as NL or NLD.'
const COUNTRY_ID_SENTENCE = 'Send the id of a country in global/countries, such as 528.'

/** A code of either length, as the alpha-2 code from here on. */
const country = string(COUNTRY_SENTENCE).transform((code, context) => {
  const found = findCountry(code.trim())
  if (found === undefined) context.addIssue({ code: 'custom', message: COUNTRY_SENTENCE })
  return found?.alpha2 ?? z.NEVER
})

/** What older clients send instead of `country`; the alpha-2 code from here on. */
const countryId = positiveInteger(COUNTRY_ID_SENTENCE).transform((id, context) => {
  const found = findCountryById(id)
  if (found === undefined) context.addIssue({ code: 'custom', message: COUNTRY_ID_SENTENCE })
  return found?.alpha2 ?? z.NEVER
})

/** Kept as it was written; only its form is checked. */
const email = optionalText(254).refine(
  text => text === undefined || text === null || normaliseEmail(text) !== undefined,
  'Send an email address such as ann@example.com.',
)

const members = z.object(
  {
    type: z.enum(ADDRESS_TYPES, `Send one of ${ADDRESS_TYPES.join(', ')}.`).nullish(),
    name: optionalText(200),
    company_name: optionalText(200),
    firstname: optionalText(200),
    lastname: optionalText(200),
    phone: optionalText(40),
    email,
    tax_nr: optionalText(64),
    registration_nr: optionalText(64),
    access_code: optionalText(64),
    postal_code: optionalText(20),
    house_number: optionalText(20),
    street: optionalText(200),
    city: optionalText(200),
    country: country.nullish(),
    country_id: countryId.nullish(),
  },
  'Send the address as an object.',
)

/**
 * What a caller says of an address. A member that is absent stays as it is; null takes its value away. `type` and
 * `country`, which every address has, also stay as they are when they are null.
 */
export type AddressChange = z.infer<typeof members>

/** The `address` of an update (xwms-api.md, "Endpoints"). */
export const addressChange: z.ZodType<AddressChange> = members

/** The `address` of a creation: the same, with a country. Without a type it is a standard one. */
export const newAddress: z.ZodType<AddressFields> = members
  .refine(given => countryOf(given) !== undefined, {
    path: ['country'],
    error: COUNTRY_SENTENCE,
    // Also where another member is bad, so that one answer names them all.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  })
  .transform(given => applyChange({ type: 'standard', country: countryOf(given) as string }, given))

/** An address after a change. */
export function applyChange(
  before: Partial<AddressFields> & { readonly type: AddressType; readonly country: string },
  given: AddressChange,
): AddressFields {
  return {
    type: given.type ?? before.type,
    name: changed(before.name, given.name),
    companyName: changed(before.companyName, given.company_name),
    firstname: changed(before.firstname, given.firstname),
    lastname: changed(before.lastname, given.lastname),
    phone: changed(before.phone, given.phone),
    email: changed(before.email, given.email),
    taxNr: changed(before.taxNr, given.tax_nr),
    registrationNr: changed(before.registrationNr, given.registration_nr),
    accessCode: changed(before.accessCode, given.access_code),
    postalCode: changed(before.postalCode, given.postal_code),
    houseNumber: changed(before.houseNumber, given.house_number),
    street: changed(before.street, given.street),
    city: changed(before.city, given.city),
    country: countryOf(given) ?? before.country,
  }
}

function changed(before: string | undefined, given: string | null | undefined): string | undefined {
  return given === undefined ? before : (given ?? undefined)
}

/** Clients that know `country` may still send the `country_id` of an older record along: the code decides. */
function countryOf(given: AddressChange): string | undefined {
  return given.country ?? given.country_id ?? undefined
}

/** An address as the XWMS API writes it. Absent values are null; `country` is the object of `global/countries`. */
export function addressBody(address: Address) {
  const country = findCountry(address.country)
  return {
    id: address.id,
    type: address.type,
    name: address.name ?? null,
    company_name: address.companyName ?? null,
    firstname: address.firstname ?? null,
    lastname: address.lastname ?? null,
    phone: address.phone ?? null,
    email: address.email ?? null,
    tax_nr: address.taxNr ?? null,
    registration_nr: address.registrationNr ?? null,
    access_code: address.accessCode ?? null,
    postal_code: address.postalCode ?? null,
    house_number: address.houseNumber ?? null,
    street: address.street ?? null,
    city: address.city ?? null,
    country: country ? countryBody(country) : null,
  }
}
