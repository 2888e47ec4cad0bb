import t from 'tap'
import { signInCallback } from '../src/index.ts'

t.test('a callback holds a token or says why not', t => {
  for (const [url, expected] of [
    ['https://shop.example.com/callback?token=abc', { token: 'abc' }],
    ['/callback?lang=nl&token=abc', { token: 'abc' }],
    ['/callback?token=a%2Bb', { token: 'a+b' }],
    ['?token=abc', { token: 'abc' }],
    [new URL('https://shop.example.com/callback?token=abc'), { token: 'abc' }],
    ['/callback?error=access_denied', { error: 'access_denied' }],
    ['/callback?token=abc&error=access_denied', { error: 'access_denied' }],
    ['/callback?error=&token=abc', { token: 'abc' }],
    ['/callback', { error: 'invalid_callback' }],
    ['/callback?token=', { error: 'invalid_callback' }],
    ['/callback?token=abc&token=def', { error: 'invalid_callback' }],
    ['/callback#token=abc', { error: 'invalid_callback' }],
    ['http://', { error: 'invalid_callback' }],
    ['', { error: 'invalid_callback' }],
  ] as const) {
    t.strictSame(signInCallback(url), expected, String(url))
  }
  t.end()
})
