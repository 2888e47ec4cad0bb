import t from 'tap'
import { openWith, sealFor } from '../../src/oauth/sealed-token.ts'

const TOKEN = `xwms_rt_${'a'.repeat(43)}`
const SUCCESSOR = `xwms_rt_${'b'.repeat(43)}`

t.test('the bearer of a token opens what was sealed for it', async t => {
  for (const successor of [SUCCESSOR, '', 'ü🔑'.repeat(100)])
    t.equal(openWith(TOKEN, sealFor(TOKEN, successor)), successor)
})

t.test('nobody else does', async t => {
  const sealed = sealFor(TOKEN, SUCCESSOR)
  for (const token of ['', SUCCESSOR, `${TOKEN}a`, TOKEN.slice(0, -1), TOKEN.toUpperCase()])
    t.throws(() => openWith(token, sealed), JSON.stringify(token))
})

t.test('who sees the storage sees neither token, nor that two seals hold the same', async t => {
  const sealed = sealFor(TOKEN, SUCCESSOR)
  const bytes = Buffer.from(sealed, 'base64url')
  for (const text of [TOKEN, SUCCESSOR, 'b'.repeat(8)]) t.notOk(bytes.includes(text))
  t.not(sealFor(TOKEN, SUCCESSOR), sealed)
})

t.test('a seal with any byte changed, added or taken away does not open', async t => {
  const bytes = Buffer.from(sealFor(TOKEN, SUCCESSOR), 'base64url')
  for (let index = 0; index < bytes.length; index++) {
    const altered = Buffer.from(bytes)
    altered[index] = (altered[index] as number) ^ 1
    t.throws(() => openWith(TOKEN, altered.toString('base64url')), `byte ${index}`)
  }
  for (const altered of [
    bytes.subarray(1),
    bytes.subarray(0, -1),
    Buffer.concat([bytes, Buffer.of(0)]),
    Buffer.alloc(0),
  ])
    t.throws(() => openWith(TOKEN, altered.toString('base64url')), `${altered.length} bytes`)
})

t.test('a short tag is not taken for a whole one', async t => {
  // GCM tags may be cut; a decipher that took four bytes would be opened by guessing.
  const bytes = Buffer.from(sealFor(TOKEN, ''), 'base64url')
  t.throws(() => openWith(TOKEN, bytes.subarray(0, 16).toString('base64url')))
})
