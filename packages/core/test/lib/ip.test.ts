import { isIP } from 'node:net'
import * as fc from 'fast-check'
import t from 'tap'
import {
  addressText,
  ipMatcher,
  isIpRange,
  isPublicAddress,
  networkOf,
  wideNetworkOf,
} from '../../src/lib/ip.ts'

t.test('an allowlist admits its addresses and ranges, and nothing beside them', async t => {
  const table: [allowlist: string[], admitted: string[], refused: string[]][] = [
    [['192.0.2.1'], ['192.0.2.1'], ['192.0.2.2', '192.0.2.10', '2001:db8::1']],
    [['192.0.2.0/24'], ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
    [['192.0.2.77/24'], ['192.0.2.1', '192.0.2.77'], ['192.0.3.77']],
    [['192.0.2.1/32'], ['192.0.2.1'], ['192.0.2.0', '192.0.2.2']],
    [['192.0.2.128/25'], ['192.0.2.128'], ['192.0.2.127']],
    [['0.0.0.0/0'], ['192.0.2.1', '0.0.0.0', '::ffff:192.0.2.1'], ['2001:db8::1', '::1']],
    [['2001:db8::1'], ['2001:db8::1', '2001:DB8:0:0::1'], ['2001:db8::2', '192.0.2.1']],
    [['2001:db8::/32'], ['2001:db8::', '2001:db8:ffff:ffff::1'], ['2001:db9::', '2001:db7:ffff::']],
    [['::/0'], ['::1', '2001:db8::1'], ['192.0.2.1', '::ffff:192.0.2.1']],
    [['192.0.2.1', '2001:db8::/32'], ['192.0.2.1', '2001:db8::9'], ['192.0.2.2']],
  ]
  for (const [allowlist, admitted, refused] of table) {
    const admits = ipMatcher(allowlist)
    for (const ip of admitted) t.equal(admits(ip), true, `${allowlist} admits ${ip}`)
    for (const ip of refused) t.equal(admits(ip), false, `${allowlist} refuses ${ip}`)
  }
})

t.test(
  'an IPv4 address and its IPv6-mapped form are one address, in the list and in the request',
  async t => {
    const forms = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:FFFF:192.0.2.1']
    const lists = [...forms, '192.0.2.0/24', '::ffff:192.0.2.0/120', '::ffff:192.0.2.1/128']
    for (const entry of lists) {
      for (const ip of forms) t.equal(ipMatcher([entry])(ip), true, `${entry} admits ${ip}`)
      t.equal(ipMatcher([entry])('192.0.3.1'), false, `${entry} refuses another`)
      t.equal(ipMatcher([entry])('64:ff9b::192.0.2.1'), false, 'a NAT64 address is another one')
    }
  },
)

t.test('an empty list admits every address', async t => {
  for (const ip of ['192.0.2.1', '::1', '']) t.equal(ipMatcher([])(ip), true, ip)
})

t.test('what is no address gets past no list', async t => {
  const admits = ipMatcher(['0.0.0.0/0', '::/0'])
  for (const ip of [
    '',
    'unknown',
    '192.0.2.256',
    '192.0.2.1, 10.0.0.1',
    '192.0.2.1:80',
    '[::1]',
    'localhost',
  ])
    t.equal(admits(ip), false, JSON.stringify(ip))
})

t.test('what an allowlist may hold', async t => {
  for (const text of [
    '192.0.2.1',
    '192.0.2.0/24',
    '0.0.0.0/0',
    '2001:db8::1',
    '2001:db8::/32',
    '::ffff:192.0.2.1',
  ])
    t.equal(isIpRange(text), true, text)
  const refused = [
    '',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.256',
    '2001:db8::/129',
    'fe80::1%eth0',
    'example.com',
    ' 192.0.2.1',
    '192.0.2.1-192.0.2.9',
  ]
  for (const text of refused) t.equal(isIpRange(text), false, JSON.stringify(text))
})

t.test('addresses of the public Internet, and those of every other kind', async t => {
  for (const ip of [
    '8.8.8.8',
    '1.1.1.1',
    '93.184.215.14',
    '::ffff:8.8.8.8',
    '2606:4700:4700::1111',
    '64:ff9b::8.8.8.8',
  ])
    t.equal(isPublicAddress(ip), true, ip)
  for (const ip of [
    '0.0.0.0',
    '0.1.2.3',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])
    t.equal(isPublicAddress(ip), false, ip)
})

t.test('a caller is an IPv4 address, or the /64 network of an IPv6 line', async t => {
  for (const [ip, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::ffff', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['', 'unknown'],
    ['nonsense', 'unknown'],
  ] as const) {
    t.equal(networkOf(ip), network, ip)
  }
})

t.test('the network that an operator gives out is a /24, or a /48', async t => {
  for (const [ip, network] of [
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:DB8:1:ffff::', '2001:db8:1::/48'],
    ['2001:db8:0:1::1', '2001:db8::/48'],
    ['::1', '::/48'],
    ['', undefined],
    ['nonsense', undefined],
  ] as const) {
    t.equal(wideNetworkOf(ip), network, ip)
  }
})

t.test('an address has one text, however it arrives', async t => {
  for (const [ip, text] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.02.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
    ['::', '::'],
    ['', ''],
    ['unknown', 'unknown'],
    ['::ffff:192.0.2.256', '::ffff:192.0.2.256'],
    ['a\0b', 'a\uFFFDb'],
    ['x'.repeat(5000), 'x'.repeat(512)],
    [`fe80::1%${'x'.repeat(5000)}`, `fe80::1%${'x'.repeat(504)}`],
  ] as const) {
    for (let time = 0; time < 2; time++) t.equal(addressText(ip), text, ip)
    if (text.length < 512) t.equal(addressText(text), text, `${text} stays`)
  }
})

t.test('of two texts of one address the limiter and the log make one', async t => {
  const word = fc.integer({ min: 0, max: 0xffff })
  const words = fc.array(fc.oneof(fc.constant(0), word), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(words, fc.boolean(), (words, upper) => {
      const hex = words.map(each => each.toString(16))
      const padded = hex.map(each => each.padStart(4, '0')).join(':')
      const [short, long] = [hex.join(':'), upper ? padded.toUpperCase() : padded]
      const text = addressText(long)
      t.equal(addressText(short), text)
      t.equal(addressText(text), text)
      t.equal(isIP(text) !== 0 && text === text.toLowerCase(), true, text)
      t.equal(networkOf(text), networkOf(long))
    }),
    { numRuns: 200 },
  )
})
