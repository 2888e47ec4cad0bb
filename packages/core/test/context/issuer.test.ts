import t from 'tap'
import { baseUrlOf } from '../../src/context/issuer.ts'
import { callWith, surroundings } from './surroundings.ts'

const request = (origin: string, mountPath = '') => callWith({ request: { origin, mountPath } }).request

t.test('with an issuer, no request decides about our address', async t => {
  const context = surroundings({ issuer: 'https://id.example.com/auth' })
  for (const origin of ['https://id.example.com', 'http://localhost:3000', 'https://evil.example', 'http://'])
    t.equal(baseUrlOf(context, request(origin, '/x')), 'https://id.example.com/auth', origin)
})

t.test('without an issuer, this machine is served at the address that it was called by', async t => {
  const context = surroundings({ issuer: undefined })
  const table: [origin: string, mountPath: string, baseUrl: string][] = [
    ['http://localhost:3000', '', 'http://localhost:3000'],
    ['http://localhost:3000', '/auth', 'http://localhost:3000/auth'],
    ['https://app.localhost', '/a/b', 'https://app.localhost/a/b'],
    ['http://127.0.0.1:8080', '', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', '/auth', 'http://[::1]:8080/auth'],
  ]
  for (const [origin, mountPath, baseUrl] of table)
    t.equal(baseUrlOf(context, request(origin, mountPath)), baseUrl, baseUrl)
})

t.test('without an issuer, an origin that is no address is not served', async t => {
  const context = surroundings({ issuer: undefined })
  for (const origin of [
    'http://localhost:99999',
    '0://localhost',
    'Basic Og==://localhost',
    '://localhost',
    'localhost',
  ])
    t.throws(
      () => baseUrlOf(context, request(origin)),
      { status: 421, code: 'issuer_not_configured' },
      origin,
    )
})

t.test('without an issuer, no Host header puts a foreign address into a link', async t => {
  const context = surroundings({ issuer: undefined })
  const hosts = [
    'example.com',
    '192.168.1.10:3000',
    '0.0.0.0',
    'localhost.evil.example',
    'localhost@evil.example',
    'localhost:3000@evil.example',
    'localhost#.evil.example',
    'localhost?.evil.example',
    'localhost/.evil.example',
    'localhost\\.evil.example',
    'evil.example#localhost',
    'evil.example//localhost',
    'evil.example/http://localhost',
    'localhost, evil.example',
    '',
  ]
  for (const host of hosts)
    t.throws(
      () => baseUrlOf(context, request(`http://${host}`)),
      { name: 'HttpError', status: 421, code: 'issuer_not_configured' },
      host,
    )
})
