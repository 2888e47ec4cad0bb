import { rawTimeZones } from '@vvo/tzdb'
import { continents, countries as countriesList, type ICountry } from 'countries-list'
import { iso31661 } from 'iso-3166'

/**
 * A country or territory of ISO 3166-1. Absent values are things that the place does not have, such as the capital of
 * Antarctica.
 */
export interface Country {
  /** The ISO 3166-1 numeric code (also UN M49) as an integer: 528 for `528`, 4 for `004`. */
  readonly id: number
  /** ISO 3166-1, upper-case. */
  readonly alpha2: string
  /** ISO 3166-1, upper-case. */
  readonly alpha3: string
  /** The everyday name in English. */
  readonly name: string
  /**
   * What an international call begins with: a plus sign and digits. Where several countries share a calling code,
   * the area code that tells them apart follows (`+1684`); of several area codes, the oldest.
   */
  readonly phoneCode: string
  /** Whether it is a member state of the European Union. A territory of a member state is not one by itself. */
  readonly isEuMember: boolean
  readonly capital: string | undefined
  /** The continent, in English. */
  readonly region: string
  /** The IANA time zone of the capital. */
  readonly timezone: string | undefined
  /** ISO 4217; where several currencies are in use, the country’s own. */
  readonly currencyCode: string | undefined
}

/** https://european-union.europa.eu/principles-countries-history/eu-countries_en. No well-kept package says it. */
const EU_MEMBERS: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
)

/** The time zone to name where a country has several: that of its capital. */
const MAIN_TIMEZONES: Readonly<Record<string, string>> = {
  // Nobody's capital: the largest station.
  AQ: 'Antarctica/McMurdo',
  AU: 'Australia/Sydney',
  BR: 'America/Sao_Paulo',
  CA: 'America/Toronto',
  CD: 'Africa/Kinshasa',
  CL: 'America/Santiago',
  CN: 'Asia/Shanghai',
  EC: 'America/Guayaquil',
  ES: 'Europe/Madrid',
  FM: 'Pacific/Pohnpei',
  GL: 'America/Nuuk',
  ID: 'Asia/Jakarta',
  KI: 'Pacific/Tarawa',
  MN: 'Asia/Ulaanbaatar',
  MX: 'America/Mexico_City',
  NZ: 'Pacific/Auckland',
  PF: 'Pacific/Tahiti',
  PG: 'Pacific/Port_Moresby',
  PT: 'Europe/Lisbon',
  RU: 'Europe/Moscow',
  UA: 'Europe/Kyiv',
  // No capital: the one island where people stay all year.
  UM: 'Pacific/Wake',
  US: 'America/New_York',
}

/** What `countries-list` says otherwise than we do, each with the reason. `null` takes a value away. */
const CORRECTIONS: Readonly<Record<string, Correction>> = {
  // Written without the letters that belong to the name, or naming only a part of what the ISO code covers.
  AX: { name: 'Åland Islands' },
  BL: { name: 'Saint Barthélemy' },
  // +599 7 reaches Bonaire alone.
  BQ: { name: 'Bonaire, Sint Eustatius and Saba', phoneCode: '+599' },
  // The name that ISO 3166-1 has, and that the country asks for in every language.
  CI: { name: "Côte d'Ivoire" },
  CW: { name: 'Curaçao' },
  RE: { name: 'Réunion' },
  SH: { name: 'Saint Helena, Ascension and Tristan da Cunha' },

  // A city of its own past; today it is one city as a whole.
  HK: { capital: null },
  // Diego Garcia is a base; the territory is run from London.
  IO: { capital: null },
  // The seat of its government; Lobamba is that of its parliament.
  SZ: { capital: 'Mbabane' },
  // The seat of its government moves between the atolls every year.
  TK: { capital: null },

  // Its capital and three in four of its people are in Europe.
  RU: { region: 'Europe' },
  // UN M49 counts it with South-eastern Asia, and its own name is the one in ISO 3166-1.
  TL: { name: 'Timor-Leste', region: 'Asia' },
  // +379 is reserved for it but not in use (ITU-T E.164); telephones there are in Rome's network.
  VA: { phoneCode: '+39' },
}

interface Correction {
  readonly name?: string
  readonly phoneCode?: string
  readonly capital?: string | null
  readonly region?: string
}

/**
 * Every country of ISO 3166-1, in the order of the alpha-2 codes.
 *
 * `iso-3166` says which there are and gives the codes, `countries-list` the name, calling code, capital, continent and
 * currency, `@vvo/tzdb` the time zone.
 */
export const COUNTRIES: readonly Country[] = Object.freeze(
  iso31661
    .map(({ alpha2, alpha3, numeric }) => Object.freeze(describe(alpha2, alpha3, Number(numeric))))
    .sort((one, other) => (one.alpha2 < other.alpha2 ? -1 : 1)),
)

function describe(alpha2: string, alpha3: string, id: number): Country {
  const listed: ICountry = countriesList[alpha2 as keyof typeof countriesList]
  const correction = CORRECTIONS[alpha2] ?? {}
  return {
    id,
    alpha2,
    alpha3,
    name: correction.name ?? listed.name,
    phoneCode: correction.phoneCode ?? `+${listed.phone[0]}`,
    isEuMember: EU_MEMBERS.has(alpha2),
    // An empty text is how the list says that there is none.
    capital: (correction.capital === undefined ? listed.capital : correction.capital) || undefined,
    region: correction.region ?? continents[listed.continent],
    timezone: MAIN_TIMEZONES[alpha2] ?? rawTimeZones.find(zone => zone.countryCode === alpha2)?.name,
    currencyCode: listed.currency[0],
  }
}

const byCode: ReadonlyMap<string, Country> = new Map(
  COUNTRIES.flatMap(country => [
    [country.alpha2, country],
    [country.alpha3, country],
  ]),
)

const byId: ReadonlyMap<number, Country> = new Map(COUNTRIES.map(country => [country.id, country]))

/** Finds a country by its alpha-2 or alpha-3 code, in letters of either case. */
export function findCountry(code: string): Country | undefined {
  // Only ASCII letters: elsewhere upper case can make two letters of one, and `ß` would name South Sudan.
  return /^[A-Za-z]{2,3}$/.test(code) ? byCode.get(code.toUpperCase()) : undefined
}

/** Finds a country by its {@link Country.id}. */
export function findCountryById(id: number): Country | undefined {
  return byId.get(id)
}
