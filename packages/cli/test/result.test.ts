import t from 'tap'
import { list, record } from '../src/result.ts'

t.test('absent values are null for programs and a dash for people', async t => {
  const { json, text } = record({ id: 'cl_1', logo_uri: undefined, scopes: [], enabled: false })
  t.same(json, { id: 'cl_1', logo_uri: null, scopes: [], enabled: false })
  t.equal(text, 'id        cl_1\nlogo uri  -\nscopes    -\nenabled   no')
})

t.test('a list shows its columns to people and everything to programs', async t => {
  const { json, text } = list('things', ['id', 'name'], [{ id: '1', name: 'Ann', secret: 'x' }])
  t.same(json, { things: [{ id: '1', name: 'Ann', secret: 'x' }] })
  t.equal(text, 'id  name\n1   Ann')
  t.equal(list('things', ['id'], []).text, 'none')
})

t.test('people read amounts in euro', async t => {
  const fields = {
    monthly_spend_cap_nano_euro: '25500000000',
    unit_price_nano_euro: 10_000,
    fee_nano_euro: null,
  }
  t.equal(
    record(fields).text,
    'monthly spend cap  EUR 25.50\nunit price         EUR 0.00001\nfee                -',
  )
  t.same(record(fields).json, fields)
  t.equal(list('lines', ['amount_nano_euro'], [{ amount_nano_euro: '3' }]).text, 'amount\nEUR 0.000000003')
})

t.test('a stored name cannot steer the terminal', async t => {
  t.equal(record({ name: '\u001B[2JAnn\nroot' }).text, 'name  \uFFFD[2JAnn\uFFFDroot')
})
