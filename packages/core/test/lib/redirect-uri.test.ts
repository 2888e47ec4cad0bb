import t from 'tap'
import { redirectUriProblem } from '../../src/lib/redirect-uri.ts'

t.test('what can be registered', async t => {
  const allowed = [
    'https://example.com',
    'https://example.com/callback',
    'https://example.com:8443/callback?tenant=1&next=%2Fhome',
    'https://EXAMPLE.com/Callback',
    'https://xn--bcher-kva.example/callback',
    'https://[2001:db8::1]/callback',
    'http://localhost:3000/callback',
    'http://app.localhost/callback',
    'http://127.0.0.1/callback',
    'http://127.0.0.1:49152/callback',
    'http://[::1]:49152/callback',
    'com.example.app:/callback',
    'com.example.app://callback',
    'com.googleusercontent.apps.123-abc:/oauth2redirect',
  ]
  for (const uri of allowed) t.equal(redirectUriProblem(uri), undefined, uri)
})

t.test('what is refused, and why', async t => {
  const refused: [uri: string, problem: RegExp][] = [
    ['', /begin with https/],
    ['example.com/callback', /begin with https/],
    ['/callback', /begin with https/],
    ['//example.com/callback', /begin with https/],
    ['example.com:8080/callback', /begin with https/],
    ['localhost:3000/callback', /begin with https/],
    ['http://example.com/callback', /http:\/\/ is for localhost/],
    ['http://localhost.example.com/callback', /http:\/\/ is for localhost/],
    ['http://127.0.0.1.example.com/callback', /http:\/\/ is for localhost/],
    ['http://10.0.0.1/callback', /http:\/\/ is for localhost/],
    ['https:example.com', /absolute URL/],
    ['https:///example.com/callback', /absolute URL/],
    ['https://?next=1', /absolute URL/],
    ['https://example.com:99999/', /absolute URL/],
    ['https://[::1/', /absolute URL/],
    ['https://example.com/callback#token', /fragment/],
    ['https://example.com/callback#', /fragment/],
    ['https://*.example.com/callback', /whole strings/],
    ['https://example.com/*', /whole strings/],
    ['https://user@example.com/callback', /user name/],
    ['https://user:password@example.com/callback', /user name/],
    ['https://@example.com/callback', /user name/],
    ['https://example.com@evil.example/callback', /user name/],
    ['com.example.app://user@callback', /user name/],
    ['https://example.com\\@evil.example/callback', /characters of a URI/],
    ['https://example.com/a b', /characters of a URI/],
    [' https://example.com/', /characters of a URI/],
    ['https://example.com/\n', /characters of a URI/],
    ['https://example.com/\0', /characters of a URI/],
    ['java\tscript:alert(1)', /characters of a URI/],
    ['https://bücher.example/', /characters of a URI/],
    ['https://example.com/"><script>', /characters of a URI/],
    ['javascript:alert(1)', /begin with https/],
    ['JavaScript:alert(1)', /begin with https/],
    ['javascript://example.com/%0aalert(1)', /begin with https/],
    ['data:text/html,hello', /begin with https/],
    ['vbscript:msgbox(1)', /begin with https/],
    ['file:///etc/passwd', /begin with https/],
    ['blob:https://example.com/1', /begin with https/],
    ['about:blank', /begin with https/],
    ['filesystem:https://example.com/temporary/', /begin with https/],
    ['view-source:https://example.com/', /begin with https/],
    ['ftp://example.com/', /begin with https/],
    ['ws://example.com/', /begin with https/],
    ['urn:ietf:wg:oauth:2.0:oob', /begin with https/],
    ['myapp:/callback', /begin with https/],
    ['myapp.:/callback', /begin with https/],
    ['com.example.app:callback', /begin with https/],
    [`https://example.com/${'a'.repeat(2030)}`, /2048 characters/],
  ]
  for (const [uri, problem] of refused) t.match(redirectUriProblem(uri), problem, JSON.stringify(uri))
})

t.test('a redirect URI of 2048 characters is not too long', async t => {
  const uri = 'https://example.com/'.padEnd(2048, 'a')
  t.equal(redirectUriProblem(uri), undefined)
})
