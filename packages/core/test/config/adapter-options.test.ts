import t from 'tap'
import { adapterOptions } from '../../src/config/adapter-options.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { peerCertificate } from '../../src/http/node.ts'

t.test('what an adapter takes for itself is told from what the kit takes', async t => {
  t.strictSame(adapterOptions(), { findCertificate: peerCertificate, options: {}, problems: [] })
  t.strictSame(adapterOptions({ clientCertificate: undefined }), adapterOptions())
  const findCertificate = () => undefined
  t.strictSame(adapterOptions({ clientCertificate: findCertificate, mountPath: '/auth' }), {
    findCertificate,
    options: { mountPath: '/auth' },
    problems: [],
  })
})

t.test('a certificate is found by a function, and options are an object', async t => {
  for (const wrong of [5, null, 'x-client-certificate', {}])
    t.strictSame(adapterOptions({ clientCertificate: wrong } as never).problems, [
      'clientCertificate: must be a function',
    ])
  for (const wrong of [null, 5, 'https://example.com', []])
    t.throws(
      () => adapterOptions(wrong as never),
      new ConfigurationError(['options: must be an object, or be left out']),
    )
})
