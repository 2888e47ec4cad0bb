import t from 'tap'
import { XwmsClient, type XwmsClientOptions, XwmsOptionsError } from '../src/index.ts'

const options: XwmsClientOptions = {
  baseUrl: 'https://example.com/api/',
  clientId: 'client-1',
  clientSecret: 'xwms_sk_very_secret',
  domain: 'shop.example.com',
}

t.test('the base URL may lack the slash at its end', t => {
  for (const [given, expected] of [
    ['https://example.com/api/', 'https://example.com/api/'],
    ['https://example.com/api', 'https://example.com/api/'],
    ['https://EXAMPLE.com', 'https://example.com/'],
    ['http://localhost:3000/auth/api//', 'http://localhost:3000/auth/api/'],
  ] as const) {
    t.equal(new XwmsClient({ ...options, baseUrl: given }).baseUrl, expected)
  }
  t.end()
})

t.test('every problem is named at once', t => {
  const wrong = { baseURL: 'x', clientId: '', timeoutSeconds: 0, fetch: 'no' } as unknown as XwmsClientOptions
  try {
    new XwmsClient(wrong)
    t.fail('bad options are accepted')
  } catch (problem) {
    t.type(problem, XwmsOptionsError)
    t.match(problem, {
      code: 'invalid_options',
      problems: [
        /no option "baseURL"/,
        /^baseUrl/,
        /^clientId/,
        /^clientSecret/,
        /^domain/,
        /^timeoutSeconds/,
        /^fetch/,
      ],
    })
  }
  t.throws(() => new XwmsClient(undefined as unknown as XwmsClientOptions), XwmsOptionsError)
  t.end()
})

t.test('a value that cannot work is refused, and never repeated', t => {
  for (const [name, value] of [
    ['baseUrl', '/api/'],
    ['baseUrl', 'ftp://example.com/api/'],
    ['baseUrl', 'javascript:alert(1)'],
    ['baseUrl', 'https://ada:hidden@example.com/api/'],
    ['baseUrl', 'https://example.com/api/?hidden=1'],
    ['baseUrl', 'https://example.com/api/#hidden'],
    ['clientSecret', 'hidden\r\nx-client-id: other'],
    ['clientSecret', 'hidden '],
    ['clientSecret', 'hiddén'],
    ['clientSecret', 42],
    ['domain', ''],
    ['timeoutSeconds', -1],
    ['timeoutSeconds', Number.NaN],
    ['timeoutSeconds', Number.POSITIVE_INFINITY],
    ['timeoutSeconds', 3_000_000],
    ['timeoutSeconds', '10'],
    ['fetch', {}],
  ] as const) {
    try {
      new XwmsClient({ ...options, [name]: value } as XwmsClientOptions)
      t.fail(`${name} = ${JSON.stringify(value)} is accepted`)
    } catch (problem) {
      t.type(problem, XwmsOptionsError)
      t.match((problem as XwmsOptionsError).problems, [new RegExp(`^${name}`)])
      t.notMatch((problem as Error).message, 'hidd')
    }
  }
  t.end()
})
