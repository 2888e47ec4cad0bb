import t from 'tap'
import { isRegisteredRedirectUri } from '../../src/lib/redirect-uri-match.ts'

const REGISTERED = [
  'https://shop.example.com/callback?tenant=1',
  'http://127.0.0.1/callback',
  'http://[::1]:4000/callback?a=b',
  'http://localhost:3000',
  'com.example.app:/callback',
]

t.test('what was registered is good, and a loopback address is with any port', async t => {
  for (const uri of [
    ...REGISTERED,
    'http://127.0.0.1:51004/callback',
    'http://127.0.0.1:1/callback',
    'http://127.0.0.1:65535/callback',
    'http://[::1]:8080/callback?a=b',
    'http://[::1]/callback?a=b',
    'http://localhost:8080',
    'http://localhost',
  ])
    t.ok(isRegisteredRedirectUri(REGISTERED, uri, true), uri)
})

t.test('everything else of it is compared like any other', async t => {
  for (const uri of [
    '',
    'http://127.0.0.1:51004/',
    'http://127.0.0.1:51004/callback/',
    'http://127.0.0.1:51004/callback?a=b',
    'http://127.0.0.1:51004/callback#a',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:051004/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:+80/callback',
    'http://127.0.0.1:80@evil.example/callback',
    'http://user@127.0.0.1:80/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1:80.evil.example/callback',
    'http://127.0.0.1\\@evil.example/callback',
    'http://127.0.0.2:80/callback',
    'http://127.1:80/callback',
    'http://localhost:80/callback',
    'http://[::1]:80/callback',
    'http://[0:0:0:0:0:0:0:1]:80/callback?a=b',
    'HTTP://127.0.0.1:80/callback',
    'https://127.0.0.1:80/callback',
    'http://127.0.0.1:80/callback\n',
    'http://LOCALHOST:80',
    'http://localhost.:80',
    'http://127.0.0.1:80',
    'https://shop.example.com:8443/callback?tenant=1',
    'com.example.app:8080/callback',
  ])
    t.notOk(isRegisteredRedirectUri(REGISTERED, uri, true), uri)
})

t.test('an https address of this machine has its port', async t => {
  t.notOk(isRegisteredRedirectUri(['https://localhost/callback'], 'https://localhost:8443/callback', true))
})

t.test('to a client that is no app on this machine the port is as it was registered', async t => {
  for (const uri of REGISTERED) t.ok(isRegisteredRedirectUri(REGISTERED, uri, false), uri)
  t.notOk(isRegisteredRedirectUri(REGISTERED, 'http://127.0.0.1:51004/callback', false))
})
