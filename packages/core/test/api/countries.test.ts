import t from 'tap'
import { countries } from '../../src/api/countries.ts'
import { scene } from './scene.ts'

t.test('countries answers with the whole list, in the contract’s words', async t => {
  const { status, body, response } = await scene().call(countries, { redirect_url: 'https://example.com' })

  t.equal(status, 200)
  t.match(response.headers, { 'content-type': 'application/json; charset=utf-8' })
  t.equal(body.status, 'success')
  t.equal(body.data.countries.length, 249)
  t.strictSame(
    body.data.countries.find((country: { short_name: string }) => country.short_name === 'NL'),
    {
      id: 528,
      short_name: 'NL',
      name: 'Netherlands',
      phonecode: '+31',
      is_eu_member: true,
      capital: 'Amsterdam',
      iso_alpha3: 'NLD',
      region: 'Europe',
      timezone: 'Europe/Amsterdam',
      currency_code: 'EUR',
    },
  )
})

t.test('what a place does not have is null, never left out', async t => {
  const { body } = await scene().call(countries)
  const antarctica = body.data.countries.find(
    (country: { iso_alpha3: string }) => country.iso_alpha3 === 'ATA',
  )

  t.equal(antarctica.capital, null)
  t.equal(antarctica.currency_code, null)
  t.strictSame(
    body.data.countries.filter((country: object) => Object.keys(country).length !== 10),
    [],
  )
})

t.test('countries is guarded and has a price', async t => {
  t.strictSame(countries.guard, { purpose: 'api', price: 'countries' })
})
