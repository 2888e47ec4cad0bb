import { createPublicKey, verify } from 'node:crypto'
import t from 'tap'
import { newSigningKey, signerOf } from '../../../src/context/keys/signing-key.ts'

t.test('an ES256 signature is R and S side by side, however many leading zeros they have', async t => {
  const at = new Date()
  const { privateJwk, publicJwk } = await newSigningKey('ES256', { createdAt: at, activeAt: at })
  const signer = signerOf('ES256', privateJwk)
  const key = createPublicKey({ key: publicJwk, format: 'jwk' })
  let [shortR, shortS] = [0, 0]
  // One in 256 numbers has a leading zero byte.
  for (let index = 0; index < 100_000 && (shortR < 2 || shortS < 2 || index < 1000); index++) {
    const data = Buffer.from(`message ${index}`)
    const signature = await signer(data)
    if (signature[0] === 0) shortR++
    if (signature[32] === 0) shortS++
    if (signature.length === 64 && verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature))
      continue
    t.fail(Buffer.from(signature).toString('hex'))
  }
  t.ok(shortR > 0 && shortS > 0, 'some had leading zeros')
})
