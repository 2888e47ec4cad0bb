import t from 'tap'
import { inLanguage, offeredLocales, pageLocale } from '../../../src/context/pages/page-locale.ts'
import { PLAIN_PAGES } from '../../installation.ts'
import { surroundings } from '../surroundings.ts'

function configured(locale: string, locales?: readonly string[]) {
  const pages = locales ? { ...PLAIN_PAGES, locales } : PLAIN_PAGES
  return surroundings({ application: { locale }, pages }).config
}

t.test('ui_locales comes first, then the browser, then the configuration', async t => {
  const config = configured('en', ['en', 'de'])
  const table: [asked: string | undefined, query: string, accepted: string | undefined, locale: string][] = [
    [undefined, '', undefined, 'en'],
    [undefined, '', 'de-AT,de;q=0.9', 'de'],
    [undefined, '', 'fr, nl', 'en'],
    ['de', '', 'en', 'de'],
    ['de-CH en', '', 'en', 'de'],
    ['fr', '', 'de', 'de'],
    [undefined, 'ui_locales=de', 'en', 'de'],
    ['en', 'ui_locales=de', 'de', 'en'],
    ['<b>', '', undefined, 'en'],
    ['', '', 'de', 'de'],
  ]
  for (const [asked, query, accepted, locale] of table) {
    const reader = {
      request: { headers: { 'accept-language': accepted } },
      query: new URLSearchParams(query),
    }
    t.equal(pageLocale(config, reader, asked), locale, `${asked} ${query} ${accepted}`)
  }
})

t.test('an address keeps the languages that were asked for, and nothing that is none', async t => {
  const table: [asked: string | null | undefined, address: string][] = [
    [undefined, '/device'],
    [null, '/device'],
    ['', '/device'],
    ['de-AT en', '/device?ui_locales=de-AT%20en'],
    ['de <b>&x=y# \uD800', '/device?ui_locales=de'],
    ['\uD800', '/device'],
    [`${'a-'.repeat(30_000)}b`, '/device'],
    ['de '.repeat(30_000), `/device?ui_locales=${Array(8).fill('de').join('%20')}`],
  ]
  for (const [asked, address] of table) t.equal(inLanguage('/device', asked), address)
  t.equal(inLanguage('/error?error=x', 'de'), '/error?error=x&ui_locales=de')
})

t.test(
  'the configuration writes its own language as it likes, and never says one that the pages do not speak',
  async t => {
    const chosen = (locale: string, accepted?: string, locales = ['en', 'de']) =>
      pageLocale(
        configured(locale, locales),
        { request: { headers: { 'accept-language': accepted } }, query: new URLSearchParams() },
        undefined,
      )
    t.equal(chosen('en-GB'), 'en-GB')
    t.equal(chosen('en-GB', 'en-US'), 'en-GB')
    t.equal(chosen('en-GB', 'de'), 'de')
    t.equal(chosen('de', 'en'), 'en')
    t.equal(chosen('nl'), 'en', 'there is no Dutch')
    t.equal(chosen('nl', 'de'), 'de')
  },
)

t.test(
  'pages of a host’s own are in the one language of the configuration unless they say otherwise',
  async t => {
    const reader = { request: { headers: { 'accept-language': 'de' } }, query: new URLSearchParams() }
    t.equal(pageLocale(configured('nl'), reader, 'en'), 'nl')
    t.strictSame(offeredLocales(configured('nl')), ['nl'])
    t.strictSame(offeredLocales(configured('nl', ['fr', 'nl'])), ['fr', 'nl'])
    for (const locales of [[], ['not a tag'], 'en', [7]])
      t.throws(() => configured('en', locales as never), { message: /pages\.locales: must be a list/ })
  },
)
