import t from 'tap'
import { isLoopbackHost, normaliseHost } from '../../src/lib/host.ts'

t.test('a host is stored in lower-case ASCII form, without port or trailing dot', async t => {
  const table: [text: string, host: string][] = [
    ['example.com', 'example.com'],
    ['localhost', 'localhost'],
    ['a-b.c--d.example', 'a-b.c--d.example'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['example.com:443', 'example.com'],
    ['Example.com.:8443', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example:443', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['ｅｘａｍｐｌｅ.com', 'example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:80', '192.0.2.1'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['[2001:db8::1]:443', '[2001:db8::1]'],
    [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
  ]
  for (const [text, host] of table) t.equal(normaliseHost(text), host, text)
})

t.test('one IPv4 address has one form, however it is spelt', async t => {
  for (const text of ['127.0.0.1', '127.1', '0x7f.1', '0X7F.1', '2130706433', '017700000001', '127.0.0.1.']) {
    t.equal(normaliseHost(text), '127.0.0.1', text)
  }
})

t.test('what is no host is none', async t => {
  const texts = [
    '',
    '.',
    '..',
    '.example.com',
    'example..com',
    'example.com..',
    '-a.example',
    'a-.example',
    'a_b.example',
    '*.example.com',
    ' example.com',
    'example.com ',
    'exa mple.com',
    'exa\tmple.com',
    'example.com\n',
    'exa\0mple.com',
    'example.com:',
    'example.com:x',
    'example.com:80:90',
    'example.com:123456',
    'https://example.com',
    'example.com/',
    'example.com/path',
    'Example.com/path',
    'example.com?query',
    'example.com#fragment',
    'example.com\\path',
    'user@example.com',
    'example.com@evil.example',
    'EX%41MPLE.com',
    'exam\u00adple.com',
    'example.com,evil.example',
    '256.0.0.1',
    '1.2.3.4.5',
    'example.1',
    '::1',
    '[::1',
    '::1]',
    '[::1]x',
    '[::1%25eth0]',
    '[127.0.0.1]',
    '[]',
    `${'a.'.repeat(127)}a`,
    'ü'.repeat(300),
    'x'.repeat(100_000),
  ]
  for (const text of texts) t.equal(normaliseHost(text), undefined, JSON.stringify(text.slice(0, 40)))
})

t.test('the form of a host is its own form', async t => {
  for (const text of ['example.com', 'Bücher.example', '0x7f.1', '[::1]:80', '192.0.2.1']) {
    const host = normaliseHost(text) as string
    t.equal(normaliseHost(host), host, text)
  }
})

t.test('this machine is known by its loopback names, and by nothing that only resembles them', async t => {
  const own = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost:3000',
    'app.localhost',
    'a.b.localhost:8080',
    '127.0.0.1',
    '127.0.0.1:3000',
    '127.255.0.3',
    '[::1]',
    '[::1]:3000',
  ]
  for (const host of own) t.equal(isLoopbackHost(host), true, host)
  const foreign = [
    '',
    'example.com',
    'localhost.example.com',
    'evil-localhost',
    'evillocalhost',
    '127.0.0.1.example.com',
    '127.example.com',
    '128.0.0.1',
    '0.0.0.0',
    '[::]',
    '[::2]',
    'localhost@evil.example',
    'localhost/@evil.example',
    'localhost#.evil.example',
    'localhost?.evil.example',
    'localhost\\.evil.example',
    'local%68ost',
    'localhost:3000@evil.example',
  ]
  for (const host of foreign) t.equal(isLoopbackHost(host), false, host)
})
