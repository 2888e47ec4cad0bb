import t from 'tap'
import { webUrlProblem } from '../../src/lib/web-url.ts'

t.test('http and https addresses with a host are web addresses', async t => {
  for (const url of ['https://example.com', 'http://example.com/about?a=b#team', 'HTTPS://example.com/']) {
    t.equal(webUrlProblem(url), undefined, url)
  }
})

t.test('nothing else is', async t => {
  const refused = [
    '',
    'example.com',
    '//example.com',
    'https:example.com',
    'https:///example.com',
    'https://a.example\\b',
    'https://ann@example.com',
    'javascript:alert(1)',
    'data:text/html,hello',
    'com.example.app:/about',
  ]
  for (const url of refused) t.ok(webUrlProblem(url), JSON.stringify(url))
})
