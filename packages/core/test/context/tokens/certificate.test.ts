import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { certificateThumbprint, readCertificate } from '../../../src/context/tokens/certificate.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE, SHOP_THUMBPRINT } from '../../certificates.ts'

const der = new X509Certificate(SHOP_CERTIFICATE).raw.toString('base64')

t.test('a certificate has one thumbprint, however the host passes it', async t => {
  for (const form of [
    SHOP_CERTIFICATE,
    SHOP_CERTIFICATE.replaceAll('\n', '\r\n'),
    der,
    SHOP_CERTIFICATE + OTHER_CERTIFICATE,
  ])
    t.equal(certificateThumbprint(form), SHOP_THUMBPRINT)
  t.not(certificateThumbprint(OTHER_CERTIFICATE), SHOP_THUMBPRINT)
})

t.test('a certificate is read, and what is none is not', async t => {
  t.match(readCertificate(der)?.subject, /Shöp/)
  for (const text of ['', 'nonsense', '-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----'])
    t.equal(readCertificate(text), undefined)
})
