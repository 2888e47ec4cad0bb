import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { type ExpectedSubject, matchesSubject } from '../../src/lib/certificate-subject.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE, SHOP_SUBJECT } from '../certificates.ts'

const shop = new X509Certificate(SHOP_CERTIFICATE)
const other = new X509Certificate(OTHER_CERTIFICATE)

t.test('a subject is who it is called, by name or by one of its alternative names', async t => {
  const table: [expected: ExpectedSubject, matches: boolean][] = [
    [{ dn: SHOP_SUBJECT }, true],
    [{ dn: 'cn=Shöp, ou=Shops\\+Web \\5C\\5C2C, o=Acme\\2C Inc., c=NL' }, true],
    // The reverse order, which some tools write, is another name.
    [{ dn: 'C=NL,O=Acme\\, Inc.,OU=Shops\\+Web \\\\\\\\2C,CN=Shöp' }, false],
    [{ dn: 'CN=Shöp' }, false],
    [{ dn: 'CN=Shöp,OU=Shops+Web \\\\\\\\2C,O=Acme\\, Inc.,C=NL' }, false],
    [{ dn: SHOP_SUBJECT.replace('NL', 'nl') }, false],
    [{ dn: '' }, false],
    [{ dns: 'shop.example.com' }, true],
    [{ dns: 'SHOP.example.com' }, true],
    [{ dns: 'example.com' }, false],
    [{ uri: 'https://shop.example.com/a,b' }, true],
    [{ uri: 'https://shop.example.com/a' }, false],
    [{ ip: '192.0.2.7' }, true],
    [{ ip: '2001:db8:0::1' }, true],
    [{ ip: '192.0.2.8' }, false],
    [{ ip: 'shop.example.com' }, false],
    [{ email: 'it@shop.example.com' }, true],
    [{ email: 'other@shop.example.com' }, false],
    // A name of one kind is none of another.
    [{ dns: '192.0.2.7' }, false],
    [{ uri: 'shop.example.com' }, false],
    [{}, false],
  ]
  for (const [expected, matches] of table) {
    t.equal(matchesSubject(shop, expected), matches, JSON.stringify(expected))
    t.equal(matchesSubject(other, expected), false, JSON.stringify(expected))
  }
  t.ok(matchesSubject(other, { dn: 'CN=Other,C=NL' }))
})
