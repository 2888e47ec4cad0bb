import { crc32 } from 'node:zlib'
import t from 'tap'
import { newSecret } from '../../src/lib/secret-format.ts'

t.test('a new secret is recognisable, and no two are the same', async t => {
  const secrets = Array.from({ length: 200 }, newSecret)
  for (const secret of secrets) t.match(secret, /^xwms_sk_[0-9A-Za-z]{49}$/)
  t.equal(new Set(secrets).size, secrets.length)
})

t.test('the checksum is the CRC-32 of what precedes it, in base 62', async t => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const secret = newSecret()
  const value = [...secret.slice(-6)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0)
  t.equal(value, crc32(secret.slice(0, -6)))
})
