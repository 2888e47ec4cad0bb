import type { Country } from '../lib/countries.ts'

/** A country as the XWMS API writes it (xwms-api.md, `global/countries`). */
export interface CountryBody {
  readonly id: number
  readonly short_name: string
  readonly name: string
  readonly phonecode: string
  readonly is_eu_member: boolean
  readonly capital: string | null
  readonly iso_alpha3: string
  readonly region: string
  readonly timezone: string | null
  readonly currency_code: string | null
}

/** Writes a country the same way wherever one stands in an answer. */
export function countryBody(country: Country): CountryBody {
  return {
    id: country.id,
    short_name: country.alpha2,
    name: country.name,
    phonecode: country.phoneCode,
    is_eu_member: country.isEuMember,
    capital: country.capital ?? null,
    iso_alpha3: country.alpha3,
    region: country.region,
    timezone: country.timezone ?? null,
    currency_code: country.currencyCode ?? null,
  }
}
