import type { GuardedEndpoint } from '../context/endpoint.ts'
import { successEnvelope } from '../http/envelope.ts'
import { COUNTRIES } from '../lib/countries.ts'
import { countryBody } from './country-body.ts'

/** The same for everybody, and 60 kB of JSON: written once. */
const answer = successEnvelope('Countries retrieved successfully.', { countries: COUNTRIES.map(countryBody) })

/**
 * `POST /api/global/countries`: every country of ISO 3166-1, in the order of the alpha-2 codes. The body is ignored.
 * `phonecode` is text such as `+31`; `capital`, `timezone` and `currency_code` are null where there is none.
 */
export const countries: GuardedEndpoint = {
  method: 'POST',
  path: '/api/global/countries',
  body: 'json',
  failure: 'envelope',
  guard: { purpose: 'api', price: 'countries' },
  handle: () => answer,
}
