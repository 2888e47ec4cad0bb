import t from 'tap'
import { acceptedLanguages, languageRanges, lookUpLanguage } from '../../src/lib/language-range.ts'

t.test('the first range that is offered wins, itself or in a wider form (RFC 4647 section 3.4)', async t => {
  const offered = ['en', 'de', 'pt-BR', 'zh-Hant']
  const table: [ranges: string, found: string | undefined][] = [
    ['de', 'de'],
    ['de en', 'de'],
    ['fr de en', 'de'],
    ['DE-at', 'de'],
    ['de-AT-1996', 'de'],
    ['en-GB de', 'en'],
    ['pt', undefined],
    ['pt-PT', undefined],
    ['pt-br', 'pt-BR'],
    ['pt-BR-x-lisbon', 'pt-BR'],
    ['zh-Hant-CN-x-private1', 'zh-Hant'],
    ['zh-Hant-CN-u-co-stroke', 'zh-Hant'],
    ['zh-Hans', undefined],
    ['x-de', undefined],
    ['deu', undefined],
    ['* de', 'de'],
    ['', undefined],
  ]
  for (const [ranges, found] of table) t.equal(lookUpLanguage(languageRanges(ranges), offered), found, ranges)
  t.equal(lookUpLanguage(['en'], []), undefined)
})

t.test('ui_locales is a list in the order of liking; what is no range is passed over', async t => {
  const table: [text: string | undefined, ranges: readonly string[]][] = [
    [undefined, []],
    ['fr-CA fr en', ['fr-CA', 'fr', 'en']],
    ['  de   en ', ['de', 'en']],
    ['de_DE <script> en', ['en']],
    ['-de de- d--e constructor 7', []],
    ['\0 ü en', ['en']],
  ]
  for (const [text, ranges] of table) t.strictSame(languageRanges(text), ranges, String(text))
  t.equal(languageRanges('de '.repeat(10_000)).length, 32, 'and not without end')
})

t.test('Accept-Language is read by its weights (RFC 9110 section 12.5.4)', async t => {
  const table: [field: string | undefined, ranges: readonly string[]][] = [
    [undefined, []],
    ['de', ['de']],
    ['de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7', ['de-DE', 'de', 'en-US', 'en']],
    ['en;q=0.5, de', ['de', 'en']],
    ['en;q=0.5, de;q=0.5', ['en', 'de']],
    ['de;q=0, en', ['en']],
    ['de; Q=0.1 , en;q=0.2', ['en', 'de']],
    ['*;q=0.5, fr', ['fr']],
    ['de;q=2, en;q=x', ['de', 'en']],
    [',;q=1,,', []],
  ]
  for (const [field, ranges] of table) t.strictSame(acceptedLanguages(field), ranges, String(field))
  t.equal(acceptedLanguages('de,'.repeat(10_000)).length, 32)
})
