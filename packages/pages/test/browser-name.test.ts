import t from 'tap'
import { browserName } from '../src/browser-name.ts'
import { languagesWith, speechOf } from '../src/texts/languages.ts'

const english = speechOf(languagesWith(), 'en')

t.test('a browser is called what its user calls it', t => {
  const table: [userAgent: string | undefined, name: string][] = [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1',
      'Chrome on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36',
      'Samsung Internet on Android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    ['Opera/9.80', 'Opera'],
    ['something (Linux)', 'Linux'],
    ['curl/8.0', 'Unknown browser'],
    [undefined, 'Unknown browser'],
  ]
  for (const [userAgent, name] of table) t.equal(browserName(english, userAgent), name)
  t.end()
})
