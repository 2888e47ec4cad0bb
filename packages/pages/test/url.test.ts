import t from 'tap'
import { hostOf, localPath, webUrl } from '../src/url.ts'

t.test('only absolute http and https URLs may become links and pictures', t => {
  for (const [value, expected] of [
    ['https://example.com', 'https://example.com/'],
    ['http://localhost:3000/a?b=c#d', 'http://localhost:3000/a?b=c#d'],
    ['HTTPS://EXAMPLE.com/', 'https://example.com/'],
    ['https://example.com/"><script>', 'https://example.com/%22%3E%3Cscript%3E'],
    ['javascript:alert(1)', undefined],
    ['JaVaScRiPt:alert(1)', undefined],
    [' \u0001javascript:alert(1)', undefined],
    ['java\nscript:alert(1)', undefined],
    ['data:text/html,<script>alert(1)</script>', undefined],
    ['vbscript:x', undefined],
    ['blob:https://example.com/1', undefined],
    ['file:///etc/passwd', undefined],
    ['//example.com/', undefined],
    ['/path', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    t.equal(webUrl(value), expected, String(value))
  }
  t.end()
})

t.test('only a path on the own site may be posted to', t => {
  for (const [value, expected] of [
    ['/', '/'],
    ['/auth/interaction?step=2', '/auth/interaction?step=2'],
    ['//evil.example/', undefined],
    ['/\\evil.example/', undefined],
    ['/\t/evil.example/', undefined],
    ['\\\\evil.example', undefined],
    ['https://evil.example/', undefined],
    ['javascript:alert(1)', undefined],
    ['interaction', undefined],
    ['', undefined],
  ] as const) {
    t.equal(localPath(value), expected, value)
  }
  t.end()
})

t.test('a host keeps its port and loses everything else', t => {
  t.equal(hostOf('https://user:secret@example.com:8443/path'), 'example.com:8443')
  t.end()
})
