import t from 'tap'
import { ADMITTED_BY, GuardPairs } from '../../../src/context/metering/guard-pairs.ts'

/** Pairs of guards, and all that is told of them. */
function pairs() {
  const told: { readonly fields: object; readonly message: string }[] = []
  const logger = {
    debug() {},
    info() {},
    warn: (fields: object, message: string) => void told.push({ fields, message }),
    error() {},
  }
  return { pairs: new GuardPairs(logger), told }
}

const DEAR = { price: 'dear' }
const REQUEST = { route: 'GET /reports/:id' }

t.test('a pair of guards is told once, with the routes and the prices of both', t => {
  const { pairs: here, told } = pairs()
  const admitted = { [ADMITTED_BY]: { pairs: here, rule: { price: 'default' } } }
  for (let request = 0; request < 3; request++) here.passed(admitted, DEAR, REQUEST)
  t.strictSame(told, [
    {
      fields: {
        guards: [
          { route: 'GET /reports/:id', price: 'default' },
          { route: 'GET /reports/:id', price: 'dear' },
        ],
      },
      message:
        'A request has passed two guards, and each of them meters and bills it: GET /reports/:id at the price default, then GET /reports/:id at the price dear. Guard the router or each of its routes, not both; every route can have a price of its own.',
    },
  ])

  here.passed(admitted, { price: 'dearer' }, REQUEST)
  here.passed(admitted, { price: 'dear', route: 'one of these' }, REQUEST)
  here.passed(admitted, DEAR, { route: 'GET /reports' })
  t.equal(told.length, 4, 'another price, another name and another route are other pairs')
  t.end()
})

t.test('whatever else is found in a request is no guard of this kit', t => {
  const { pairs: here, told } = pairs()
  const { pairs: elsewhere } = pairs()
  const others = [null, undefined, 'ada', 7, {}, { client: 'ada' }, () => {}]
  for (const passed of [...others, { [ADMITTED_BY]: { pairs: elsewhere, rule: DEAR } }])
    here.passed(passed, DEAR, REQUEST)
  t.strictSame(told, [])
  t.end()
})

t.test('routes that callers make up do not fill the log', t => {
  const { pairs: here, told } = pairs()
  const admitted = { [ADMITTED_BY]: { pairs: here, rule: DEAR } }
  here.passed(admitted, DEAR, { route: `GET /shops/${'x'.repeat(3000)}` })
  t.ok((told[0]?.message.length ?? 0) < 1500)
  for (let shop = 0; shop < 1000; shop++) here.passed(admitted, DEAR, { route: `GET /shops/${shop}` })
  t.equal(told.length, 100)
  t.end()
})
