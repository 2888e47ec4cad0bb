import t from 'tap'
import { normaliseEmail } from '../../src/lib/email.ts'

t.test('an address is stored in lower case, its host in ASCII', async t => {
  const table: [given: string, stored: string][] = [
    ['ann@example.com', 'ann@example.com'],
    [' Ann.Smith+shop@Example.COM ', 'ann.smith+shop@example.com'],
    ["o'brien@example.com", "o'brien@example.com"],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['root@localhost', 'root@localhost'],
  ]
  for (const [given, stored] of table) t.equal(normaliseEmail(given), stored, given)
})

t.test('what is no address is refused', async t => {
  const refused = [
    '',
    'ann',
    'ann@',
    '@example.com',
    'ann@example.com@example.org',
    'ann smith@example.com',
    '"ann"@example.com',
    'ann@example.com:25',
    'ann@[::1]',
    'ann@example.com/x',
    'ann@example%2ecom',
    'ann@exa mple.com',
    'ann@-example.com',
    'ann\n@example.com',
    'Ann <ann@example.com>',
    `${'a'.repeat(65)}@example.com`,
    `ann@${`${'a'.repeat(60)}.`.repeat(4)}example.com`,
  ]
  for (const given of refused) t.equal(normaliseEmail(given), undefined, JSON.stringify(given))
})
