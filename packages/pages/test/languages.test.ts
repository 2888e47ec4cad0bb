import { BUILT_IN_SCOPES, ConfigurationError } from '@xwms/core'
import t from 'tap'
import { pages } from '../src/index.ts'
import { de } from '../src/texts/de.ts'
import { en } from '../src/texts/en.ts'
import { gaps, type SentenceName } from '../src/texts/language.ts'
import { type Element, elementsOf } from './elements.ts'
import { account, client, consent, device, error, formPost, logout, message, signIn } from './views.ts'

const made = pages()

function textOf(page: string, name = 'main'): string {
  return elementsOf(page).find(element => element.name === name)?.text ?? ''
}

function element(page: string, id: string): Element | undefined {
  return elementsOf(page).find(({ attributes }) => attributes.id === id)
}

t.test('every sentence is in every language, with the same gaps', t => {
  for (const [name, sentence] of Object.entries(en)) {
    const german = de.sentences[name as SentenceName]
    t.strictSame(gaps(german), gaps(sentence), name)
    t.match(german, /\S/, name)
  }
  t.strictSame(Object.keys(de.sentences), Object.keys(en), 'in the same order, so that they can be compared')
  t.strictSame(made.locales, ['en', 'de'])
  // Nobody is asked for `introspect`: it is a permission of the client itself.
  const asked = Object.keys(BUILT_IN_SCOPES).filter(scope => scope !== 'introspect')
  t.strictSame(Object.keys(de.scopes).sort(), [...asked, 'identity'].sort(), 'and every scope of the kit’s')
  t.end()
})

t.test('a page is in the language that was chosen, and says which', t => {
  const locale = 'de'
  for (const [page, title, words] of [
    [made.signIn({ ...signIn, locale }), 'Anmelden', 'um fortzufahren mit Paper Plane'],
    [made.consent({ ...consent, locale }), 'Zugriff erlauben', 'Darf Paper Plane Ihr Konto nutzen?'],
    [made.consent({ ...consent, scopes: [], locale }), 'Weiter', 'Weiter zu Paper Plane?'],
    [made.device({ ...device, locale }), 'Gerät verbinden', 'Geben Sie den Code ein'],
    [made.logout({ ...logout, locale }), 'Abmelden', 'von XWMS abmelden'],
    [made.message({ ...message, locale }), 'Ihr Gerät ist verbunden', 'Paper Plane macht von selbst weiter'],
    [made.account({ ...account, locale }), 'Ihr Konto', 'Seit 1. Februar 2026'],
    [made.formPost({ ...formPost, locale }), 'Weiter', 'Zurück zu paperplane.example'],
    [made.error({ ...error, locale }), 'Hier geht es nicht weiter', 'Anfrage'],
  ] as const) {
    t.equal(textOf(page, 'title'), `${title} · XWMS`)
    t.match(textOf(page), words)
    t.match(page, '<html lang="de">')
    t.notMatch(textOf(page), /\{\w+\}|undefined/)
  }
  t.match(made.signIn({ ...signIn, locale: 'de-AT' }), /<html lang="de-AT">.*Anmelden/s)
  t.match(
    made.signIn({ ...signIn, locale: 'nl' }),
    /<html lang="en">.*Sign in/s,
    'never a language that is not spoken',
  )
  t.end()
})

t.test('what is asked for and what was given is in that language, too, where there are words', t => {
  const asked = made.consent({
    ...consent,
    locale: 'de',
    scopes: [
      { name: 'email', description: 'See your email address', alreadyApproved: false },
      { name: 'orders:read', description: 'Read your orders', alreadyApproved: false },
    ],
    claims: [{ name: 'birthdate', description: 'See your birth date', alreadyApproved: false }],
    resources: [{ name: 'https://a.example', description: 'Lager', alreadyApproved: false }],
  })
  for (const words of [
    'Ihre E-Mail-Adresse sehen',
    'Read your orders',
    'Ihr Geburtsdatum sehen',
    'Lager nutzen',
  ])
    t.match(textOf(asked), words)
  t.match(textOf(asked), 'bis zu 1 Stunde nach Ihrer Anmeldung')
  const given = textOf(made.account({ ...account, locale: 'de' }))
  for (const words of ['the shop’s stock nutzen', 'Firefox auf Linux', 'Unbekannter Browser', 'Entfernen'])
    t.match(given, words)
  const unchecked = { ...client, vouchedFor: false }
  t.match(
    textOf(made.signIn({ ...signIn, client: unchecked, locale: 'de' })),
    /von paperplane\.example gekommen/,
  )
  t.match(
    textOf(made.signIn({ ...signIn, client: { ...unchecked, uri: undefined } })),
    /came from it yourself/,
  )
  t.end()
})

t.test('problems are told in that language by their codes; what has no words is marked as English', t => {
  const failed = { problem: 'The email address or the password is wrong.', problemCode: 'credentials_wrong' }
  const german = made.signIn({ ...signIn, ...failed, locale: 'de' })
  t.equal(element(german, 'problem')?.text, 'Die E-Mail-Adresse oder das Passwort ist falsch.')
  t.equal(element(made.signIn({ ...signIn, ...failed }), 'problem')?.text, failed.problem)
  const unknown = { ...failed, problemCode: 'of_a_host', locale: 'de' }
  t.match(made.signIn({ ...signIn, ...unknown }), `dir="auto" lang="en">${failed.problem}</p>`)
  for (const code of [
    'invalid_request',
    'invalid_request_uri',
    'method_not_allowed',
    'unsupported_media_type',
  ]) {
    t.notMatch(made.error({ ...error, code, locale: 'de' }), 'lang="en"', code)
  }
  const known = made.error({ ...error, code: 'csrf_failed', locale: 'de' })
  t.match(textOf(known), 'Dieses Formular kam nicht von seiner eigenen Seite')
  t.match(
    made.error({ ...error, locale: 'de' }),
    '<p dir="auto" lang="en">The redirect URI is not registered.</p>',
  )
  t.match(made.error(error), '<p dir="auto">The redirect URI is not registered.</p>')
  t.match(made.error({ ...error, code: 'constructor' }), 'The redirect URI is not registered.')
  t.end()
})

t.test('a host says things otherwise, or in a language of its own', t => {
  const nl = { ...en, signIn: 'Inloggen', allowQuestion: 'Mag {client} bij uw account?' }
  const own = pages({
    texts: {
      en: { sentences: { signIn: 'Log in' }, scopes: { userinfo: 'Look at your <birthday>' } },
      nl: { sentences: nl, problems: { csrf_failed: 'Probeer het opnieuw.' } },
    },
  })
  t.strictSame(own.locales, ['en', 'de', 'nl'])
  t.equal(textOf(own.signIn(signIn), 'title'), 'Log in · XWMS')
  t.match(own.consent(consent), 'Look at your &lt;birthday&gt;')
  t.equal(textOf(own.signIn({ ...signIn, locale: 'de' }), 'title'), 'Anmelden · XWMS')
  t.match(own.signIn({ ...signIn, locale: 'nl' }), /<html lang="nl">.*Inloggen/s)
  t.match(textOf(own.consent({ ...consent, locale: 'nl' })), 'Mag Paper Plane bij uw account?')
  t.match(textOf(own.error({ ...error, code: 'csrf_failed', locale: 'nl' })), 'Probeer het opnieuw.')
  t.end()
})

t.test('everything that is wrong with texts is named at once', t => {
  const { cancel, ...incomplete } = en
  t.equal(cancel, 'Cancel')
  const texts = {
    en: { sentences: { signIn: '', allowQuestion: 'Allow it?', sigIn: 'Log in' }, words: {} },
    nl: { sentences: { ...incomplete, returnsTo: '{host} en {host}' }, scopes: { email: 7 } },
    'pt-br': {},
    no_tag: {},
    fr: 'français',
    de: { sentences: 'alle', claims: [] },
  }
  const problems = [
    'pages: brandColor must be a colour such as #2b5bd7',
    'pages: texts.en has no part "words"; it has sentences, scopes, claims, problems',
    'pages: texts.en.sentences.signIn must be a text',
    'pages: texts.en.sentences.allowQuestion must have {client}, each once',
    'pages: texts.en.sentences has no "sigIn"; remove it or correct its name',
    'pages: texts.nl.sentences.cancel is missing; in English it is: Cancel',
    'pages: texts.nl.sentences.returnsTo must have {host}, each once',
    'pages: texts.nl.scopes.email must be a text',
    'pages: texts.pt-br must be named by a language tag such as nl or pt-BR (BCP 47)',
    'pages: texts.no_tag must be named by a language tag such as nl or pt-BR (BCP 47)',
    'pages: texts.fr must be an object with sentences, scopes, claims, problems',
    'pages: texts.de.sentences must be an object of texts',
    'pages: texts.de.claims must be an object of texts',
  ]
  t.throws(() => pages({ brandColor: 'blue', texts } as never), new ConfigurationError(problems))
  for (const wrong of [null, 7, []])
    t.throws(() => pages({ texts: wrong } as never), /texts must be an object of languages/)
  t.throws(
    () => pages({ texts: { it: {} } }),
    /texts\.it\.sentences\.signIn is missing/,
    'a new one is whole',
  )
  t.end()
})
