import t from 'tap'
import { readCredentials } from '../../src/header-auth/credentials.ts'
import type { HttpHeaders } from '../../src/http/request.ts'

const GOOD = { 'x-client-id': 'cl_1', 'x-client-secret': 'xwms_sk_1', 'x-client-domain': 'example.com' }

t.test('three well-formed headers are credentials', async t => {
  t.strictSame(readCredentials(GOOD), { clientId: 'cl_1', clientSecret: 'xwms_sk_1', domain: 'example.com' })
})

t.test('a domain is stated as a host in any form, or as the domain’s id', async t => {
  const table: [stated: string, domain: string][] = [
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['example.com:8443', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['dom_AbC-_9', 'dom_AbC-_9'],
  ]
  for (const [stated, domain] of table)
    t.equal(readCredentials({ ...GOOD, 'x-client-domain': stated })?.domain, domain, stated)
})

t.test('rule 1: a header that is missing, repeated or malformed makes them none', async t => {
  const table: [header: string, values: HttpHeaders[string][]][] = [
    [
      'x-client-id',
      [
        undefined,
        '',
        ' ',
        'a b',
        'cl_1\n',
        'ü',
        '\0',
        'x'.repeat(129),
        ['cl_1'],
        ['cl_1', 'cl_1'],
        'cl_1, cl_1',
      ],
    ],
    [
      'x-client-secret',
      [
        undefined,
        '',
        'a b',
        ' s',
        's ',
        'ü',
        'x'.repeat(257),
        ['s'],
        ['s', 's'],
        's, s',
        's\r\nx-client-id: y',
      ],
    ],
    [
      'x-client-domain',
      [
        undefined,
        '',
        'https://example.com',
        'example.com/path',
        'Example.com/path',
        'example.com, evil.example',
        '*.example.com',
        ' example.com',
        'dom_',
        'dom_a b',
        `dom_${'x'.repeat(65)}`,
        ['example.com'],
        ['example.com', 'example.com'],
      ],
    ],
  ]
  for (const [header, values] of table)
    for (const value of values)
      t.equal(
        readCredentials({ ...GOOD, [header]: value }),
        undefined,
        `${header}: ${JSON.stringify(value)?.slice(0, 40)}`,
      )
  t.equal(readCredentials({}), undefined)
})

t.test('the longest that is allowed is allowed', async t => {
  t.ok(readCredentials({ ...GOOD, 'x-client-id': 'x'.repeat(128) }))
  t.ok(readCredentials({ ...GOOD, 'x-client-secret': 'x'.repeat(256) }))
  t.ok(readCredentials({ ...GOOD, 'x-client-domain': `dom_${'x'.repeat(64)}` }))
})
