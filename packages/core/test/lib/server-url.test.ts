import t from 'tap'
import { resourceIndicatorProblem } from '../../src/lib/resource-indicator.ts'
import { httpsUrlProblem, serverUrlProblem, withoutFragment } from '../../src/lib/server-url.ts'

t.test('a server is called over https, and over http on this machine', async t => {
  for (const url of [
    'https://example.com',
    'https://example.com:8443/jwks?a=b',
    'http://localhost:3000/jwks',
  ])
    t.equal(serverUrlProblem(url), undefined, url)
  for (const url of ['http://example.com', 'http://127.0.0.1.example.com/', 'http://10.0.0.1/'])
    t.match(serverUrlProblem(url), /begin with https/, url)
  for (const url of ['', 'example.com', 'javascript:alert(1)', 'file:///etc/passwd', 'https:example.com'])
    t.match(serverUrlProblem(url), /absolute URL/, url)
  t.match(serverUrlProblem('https://user@example.com/'), /user name/)
})

t.test('where https is asked for, this machine is no exception', async t => {
  t.equal(httpsUrlProblem('https://example.com/login'), undefined)
  t.match(httpsUrlProblem('http://localhost/login'), /begin with https/)
  t.match(httpsUrlProblem('nonsense'), /absolute URL/)
})

t.test('a fragment is refused where a server would have to see it', async t => {
  t.equal(withoutFragment(serverUrlProblem)('https://example.com/'), undefined)
  t.match(withoutFragment(serverUrlProblem)('https://example.com/#'), /fragment/)
  t.match(withoutFragment(serverUrlProblem)('http://example.com/#a'), /begin with https/)
})

t.test('a resource indicator is an absolute URI without a fragment', async t => {
  for (const uri of [
    'https://api.example.com',
    'https://api.example.com/v1?a=b',
    'urn:example:api',
    'app:/x',
  ])
    t.equal(resourceIndicatorProblem(uri), undefined, uri)
  for (const uri of ['', 'api', '/api', '//api.example.com', 'https://', ':x', '1a:b'])
    t.match(resourceIndicatorProblem(uri), /absolute URI/, uri)
  t.match(resourceIndicatorProblem('https://api.example.com/#a'), /fragment/)
  t.match(resourceIndicatorProblem('https://api.example.com/a b'), /characters of a URI/)
})
