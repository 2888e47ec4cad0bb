import { ConfigurationError } from '@xwms/core'
import t from 'tap'
import { pages, type Theme } from '../src/index.ts'
import { elementsOf } from './elements.ts'
import { error, signIn } from './views.ts'

t.test('a theme reaches the page', t => {
  const { signIn: page } = pages({
    brandColor: '#0A7D55',
    logoUrl: 'https://example.com/logo.svg',
    footerLinks: [{ text: 'Imprint', url: 'https://example.com/imprint' }],
  })
  const elements = elementsOf(page(signIn))
  t.match(elements.find(({ name }) => name === 'style')?.text, '--accent: #0a7d55;')
  t.match(elements.find(({ attributes }) => attributes.src === 'https://example.com/logo.svg')?.attributes, {
    alt: 'XWMS',
  })
  const link = elements.find(({ text, name }) => name === 'a' && text === 'Imprint')
  t.match(link?.attributes, { href: 'https://example.com/imprint', rel: 'noopener noreferrer' })
  t.end()
})

t.test('a theme is an object', async t => {
  for (const theme of [5, 'dark', null, []])
    t.throws(() => pages(theme as unknown as Theme), {
      name: 'ConfigurationError',
      message: /pages: the theme must be an object/,
    })
})

t.test('every problem is named at once', t => {
  const theme = {
    brandColour: '#fff',
    brandColor: 'red; } body { display: none',
    logoUrl: 'javascript:alert(1)',
    footerLinks: [{ text: 'Fine', url: 'https://example.com' }, { text: ' ', url: '/relative' }, null],
  } as unknown as Theme
  try {
    pages(theme)
    t.fail('a bad theme is accepted')
  } catch (problem) {
    t.type(problem, ConfigurationError)
    t.match((problem as ConfigurationError).problems, [
      /no option "brandColour"; it has brandColor, logoUrl, footerLinks/,
      /brandColor must be/,
      /logoUrl must be/,
      /footerLinks\[1\]\.text/,
      /footerLinks\[1\]\.url/,
      /footerLinks\[2\]\.text/,
      /footerLinks\[2\]\.url/,
    ])
  }
  for (const wrong of [{ brandColor: 7 }, { logoUrl: {} }, { footerLinks: 'x' }]) {
    t.throws(() => pages(wrong as unknown as Theme), ConfigurationError)
  }
  t.end()
})

t.test('a theme that changes afterwards changes nothing', t => {
  const footerLinks = [{ text: 'Imprint', url: 'https://example.com/imprint' }]
  const made = pages({ footerLinks })
  const before = made.error(error)
  footerLinks[0] = { text: 'Else', url: 'https://evil.example/' }
  t.equal(made.error(error), before)
  t.ok(Object.isFrozen(made))
  t.end()
})
