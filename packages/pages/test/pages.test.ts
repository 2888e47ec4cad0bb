import t from 'tap'
import { pages } from '../src/index.ts'
import { type Element, elementsOf } from './elements.ts'
import { client, consent, error, signIn } from './views.ts'

const made = pages()

t.test('every page is a whole document that names itself', t => {
  for (const [page, title] of [
    [made.signIn(signIn), 'Sign in · XWMS'],
    [made.consent(consent), 'Allow access · XWMS'],
    [made.consent({ ...consent, scopes: [] }), 'Continue · XWMS'],
    [made.error(error), 'This cannot continue · XWMS'],
  ] as const) {
    const elements = elementsOf(page)
    t.ok(page.startsWith('<!doctype html>\n<html lang="en">'))
    t.equal(one(elements, 'title').text, title)
    t.equal(one(elements, 'meta', { name: 'robots' }).attributes.content, 'noindex')
    t.match(one(elements, 'meta', { name: 'viewport' }).attributes.content, 'width=device-width')
    one(elements, 'main')
    one(elements, 'h1')
  }
  t.end()
})

t.test('the content security policy has nothing to object to', t => {
  for (const page of [made.signIn(signIn), made.consent(consent), made.error(error)]) {
    const elements = elementsOf(page)
    t.equal(one(elements, 'style').attributes.nonce, 'n0nce')
    t.notOk(
      elements.some(({ name }) => name === 'script'),
      'no script',
    )
    for (const { name, attributes } of elements) {
      t.notOk('style' in attributes, `no style on <${name}>`)
      t.notOk(
        Object.keys(attributes).some(attribute => attribute.startsWith('on')),
        `no handler on <${name}>`,
      )
    }
  }
  t.end()
})

t.test('the sign-in form has the fields that password managers look for', t => {
  const elements = elementsOf(made.signIn(signIn))
  t.match(one(elements, 'form').attributes, { method: 'post', action: '/auth/interaction' })
  t.match(byId(elements, 'login').attributes, {
    name: 'login',
    type: 'email',
    autocomplete: 'username',
    inputmode: 'email',
    required: '',
  })
  t.match(byId(elements, 'password').attributes, {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: '',
  })
  for (const id of ['login', 'password']) one(elements, 'label', { for: id })
  t.match(one(elements, 'input', { name: 'interaction' }).attributes, {
    type: 'hidden',
    value: 'interaction-1',
  })
  t.match(one(elements, 'input', { name: 'csrf_token' }).attributes, { type: 'hidden', value: 'csrf-1' })
  t.end()
})

t.test('Enter signs in: the first submit button is not the one that cancels', t => {
  const [first, second, ...others] = elementsOf(made.signIn(signIn)).filter(({ name }) => name === 'button')
  t.match(first?.attributes, { id: 'login-submit', type: 'submit', name: 'decision', value: 'submit' })
  t.match(second?.attributes, { id: 'login-cancel', name: 'decision', value: 'cancel', formnovalidate: '' })
  t.same(others, [])
  t.end()
})

t.test('the first empty field has the focus', t => {
  const empty = elementsOf(made.signIn(signIn))
  t.ok('autofocus' in byId(empty, 'login').attributes)
  t.notOk('autofocus' in byId(empty, 'password').attributes)

  const prefilled = elementsOf(made.signIn({ ...signIn, login: 'ada@example.com' }))
  t.equal(byId(prefilled, 'login').attributes.value, 'ada@example.com')
  t.notOk('autofocus' in byId(prefilled, 'login').attributes)
  t.ok('autofocus' in byId(prefilled, 'password').attributes)
  t.end()
})

t.test('a problem is announced, described and in the title', t => {
  const elements = elementsOf(made.signIn({ ...signIn, problem: 'That is not right.' }))
  t.match(byId(elements, 'problem'), { attributes: { role: 'alert' }, text: 'That is not right.' })
  t.equal(byId(elements, 'login').attributes['aria-describedby'], 'problem')
  t.equal(byId(elements, 'password').attributes['aria-describedby'], 'problem')
  t.equal(one(elements, 'title').text, 'Problem: Sign in · XWMS')

  t.notMatch(made.signIn(signIn), 'role="alert"')
  t.end()
})

t.test('consent says who asks, for whom, for what, and where the browser goes', t => {
  const page = made.consent(consent)
  const elements = elementsOf(page)
  const { text } = one(elements, 'main')
  for (const said of [
    'Paper Plane',
    'paperplane.example',
    'Ada Lovelace',
    'ada@example.com',
    'See your birth date',
    'See and change your addresses',
    'returns to app.paperplane.example.',
  ]) {
    t.match(text, said)
  }
  t.equal(text.match(/Already allowed/g)?.length, 1)
  one(elements, 'a', { href: '/auth/switch?interaction=interaction-1' })
  for (const href of [client.uri, client.policyUri, client.tosUri]) {
    t.equal(one(elements, 'a', { href: href ?? '' }).attributes.rel, 'noopener noreferrer')
  }
  one(elements, 'img', { src: 'https://paperplane.example/logo.png' })
  one(elements, 'img', { src: 'https://example.com/ada.png' })

  const buttons = elements.filter(({ name }) => name === 'button')
  t.match(buttons[0]?.attributes, { id: 'consent-allow', name: 'decision', value: 'allow' })
  t.match(buttons[1]?.attributes, { id: 'consent-deny', name: 'decision', value: 'deny' })
  t.notMatch(page, 'autofocus', 'nothing can be approved with an Enter meant for the page before')
  t.end()
})

t.test('a list of scopes that scrolls can be reached and has a name', t => {
  const elements = elementsOf(made.consent(consent))
  const region = one(elements, 'div', { role: 'region' })
  t.equal(region.attributes.tabindex, '0')
  t.equal(byId(elements, region.attributes['aria-labelledby'] ?? '').name, 'h2')
  t.end()
})

t.test('what is absent leaves no hole', t => {
  const bare = { name: '', uri: undefined, logoUri: undefined, policyUri: undefined, tosUri: undefined }
  for (const page of [
    made.signIn({ ...signIn, client: bare }),
    made.consent({
      ...consent,
      client: bare,
      scopes: [{ name: 'orders:read', description: '', alreadyApproved: false }],
      user: { name: '', email: 'ada@example.com', picture: undefined },
    }),
  ]) {
    t.notOk(elementsOf(page).some(({ name }) => name === 'img'))
    t.notMatch(page, /undefined|null|NaN|See the/)
  }
  t.match(
    made.signIn({ ...signIn, client: { ...bare, name: 'é', tosUri: 'https://a.example/' } }),
    /See the\s+<a/,
  )
  t.match(made.signIn({ ...signIn, client: { ...bare, name: ' élan' } }), '>É</span>')
  t.end()
})

t.test('an error names its code and the request', t => {
  const { text } = one(elementsOf(made.error(error)), 'main')
  t.match(text, 'redirect_uri_mismatch')
  t.match(text, 'request-1')
  t.match(text, 'The redirect URI is not registered.')
  for (const [status, title] of [
    [404, 'This page does not exist'],
    [429, 'Too many attempts'],
    [500, 'Something went wrong'],
    [503, 'Something went wrong'],
  ] as const) {
    t.equal(one(elementsOf(made.error({ ...error, status })), 'h1').text, title)
  }
  t.end()
})

function byId(elements: Element[], id: string): Element {
  const found = elements.filter(({ attributes }) => attributes.id === id)
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} elements with the id ${id}`)
  return found[0]
}

function one(elements: Element[], name: string, attributes: Record<string, string> = {}): Element {
  const found = elements.filter(
    element =>
      element.name === name &&
      Object.entries(attributes).every(([key, value]) => element.attributes[key] === value),
  )
  if (found.length !== 1 || !found[0])
    throw new Error(`${found.length} of <${name}> ${JSON.stringify(attributes)}`)
  return found[0]
}
