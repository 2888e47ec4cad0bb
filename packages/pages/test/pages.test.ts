import t from 'tap'
import { pages } from '../src/index.ts'
import { type Element, elementsOf } from './elements.ts'
import { account, client, consent, device, error, formPost, logout, message, signIn } from './views.ts'

const made = pages()

t.test('every page is a whole document that names itself', t => {
  for (const [page, title] of [
    [made.signIn(signIn), 'Sign in · XWMS'],
    [made.consent(consent), 'Allow access · XWMS'],
    [made.consent({ ...consent, scopes: [] }), 'Continue · XWMS'],
    [made.signIn({ ...signIn, client: undefined, interaction: undefined }), 'Sign in · XWMS'],
    [made.device(device), 'Connect a device · XWMS'],
    [made.logout(logout), 'Sign out · XWMS'],
    [made.message(message), 'Your device is connected · XWMS'],
    [made.message({ ...message, message: 'device_refused' }), 'Nothing was connected · XWMS'],
    [made.message({ ...message, message: 'signed_out', client: undefined }), 'You are signed out · XWMS'],
    [made.message({ ...message, message: 'still_signed_in' }), 'You are still signed in · XWMS'],
    [made.account(account), 'Your account · XWMS'],
    [made.formPost(formPost), 'Continue · XWMS'],
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
  const all = [
    made.signIn(signIn),
    made.consent(consent),
    made.device(device),
    made.logout(logout),
    made.message(message),
    made.account(account),
    made.error(error),
  ]
  for (const page of all) {
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

t.test('the answer to a client is posted by itself, and by a button where there is no script', t => {
  const page = made.formPost(formPost)
  const elements = elementsOf(page)
  t.match(one(elements, 'form').attributes, {
    method: 'post',
    action: 'https://paperplane.example/callback?tenant=1',
  })
  const fields = elements.filter(({ name }) => name === 'input').map(({ attributes }) => attributes)
  t.strictSame(
    fields.map(({ type, name, value }) => [type, name, value]),
    [
      ['hidden', 'code', 'code-1'],
      ['hidden', 'state', 'state-1'],
      ['hidden', 'iss', 'https://id.example.com'],
    ],
  )
  const button = byId(elements, 'form-post-continue').attributes
  t.equal(button.type, 'submit')
  t.equal(button.name, undefined, 'the client gets nothing but the answer')
  t.equal(one(elements, 'script').attributes.nonce, 'n0nce')
  for (const action of ['javascript:alert(1)', '/callback', 'com.example.app:/callback', ''])
    t.throws(() => made.formPost({ ...formPost, action }), TypeError, action)
  t.end()
})

t.test('consent lists all that is asked for, with what is new unmarked', t => {
  const page = made.consent({
    ...consent,
    scopes: [],
    claims: [{ name: 'birthdate', description: 'See your birth date', alreadyApproved: true }],
    resources: [
      { name: 'https://api.example.com', description: 'the shop’s orders', alreadyApproved: false },
    ],
    authorizationDetails: [{ name: 'payment', description: 'Pay 5 euro once', alreadyApproved: false }],
  })
  const elements = elementsOf(page)
  t.match(one(elements, 'title').text, 'Allow access')
  t.equal(elements.filter(({ name }) => name === 'li').length, 3)
  for (const words of ['See your birth date', 'Use the shop’s orders', 'Pay 5 euro once'])
    t.match(page, words)
  t.equal(page.split('Already allowed').length - 1, 1)
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

t.test('consent says how long it lasts, and where it ends', t => {
  for (const [lastsSeconds, said] of [
    [365 * 86_400 + 3600, 'This lasts for up to 365 days after you sign in, or until you remove it'],
    [86_400, 'for up to 1 day after'],
    [7200, 'for up to 2 hours after'],
    [3600, 'for up to 1 hour after'],
    [90, 'for up to 1 minute after'],
    [1, 'for up to 1 second after'],
    [undefined, 'This lasts until you remove it on your account page.'],
  ] as const) {
    t.match(byId(elementsOf(made.consent({ ...consent, lastsSeconds })), 'lasts').text, said)
  }
  t.end()
})

t.test('an application that nobody vouches for is said to be one', t => {
  const stranger = { ...client, vouchedFor: false }
  for (const [page, ordinary] of [
    [made.signIn({ ...signIn, client: stranger }), made.signIn(signIn)],
    [made.consent({ ...consent, client: stranger }), made.consent(consent)],
  ] as const) {
    t.match(
      byId(elementsOf(page), 'not-vouched-for').text,
      /only if you came from paperplane\.example yourself/,
    )
    t.notMatch(ordinary, 'not-vouched-for')
  }
  const homeless = made.signIn({ ...signIn, client: { ...stranger, uri: undefined } })
  t.match(byId(elementsOf(homeless), 'not-vouched-for').text, 'only if you came from it yourself')
  t.end()
})

t.test('what is new comes first, what is done once before all, and what was allowed is folded away', t => {
  const asked = (name: string, alreadyApproved: boolean) => ({ name, description: '', alreadyApproved })
  const view = {
    ...consent,
    scopes: [asked('old-scope', true), asked('new-scope', false)],
    claims: [asked('old-claim', true), asked('new-claim', false)],
    resources: [asked('old-resource', true), asked('new-resource', false)],
    authorizationDetails: [asked('payment', false)],
  }
  const page = made.consent(view)
  const order = [
    ...['payment', 'new-resource', 'new-scope', 'new-claim'],
    ...['<details>', 'old-resource', 'old-scope', 'old-claim', '</details>', 'consent-allow'],
  ]
  const places = order.map(text => page.indexOf(text))
  t.notOk(places.includes(-1))
  t.strictSame(
    places,
    [...places].sort((one, other) => one - other),
  )
  const before = { ...view, resources: [], authorizationDetails: [], claims: [] }
  t.match(made.consent({ ...before, scopes: [asked('old-scope', true)] }), '<details open>', 'nothing is new')
  t.notMatch(made.consent({ ...before, scopes: [asked('new-scope', false)] }), '<details')
  t.end()
})

t.test('nothing on a page scrolls by itself', t => {
  for (const page of [made.consent(consent), made.account(account)])
    t.notMatch(page, /overflow(?:-[xy])?: *(?:auto|scroll)|max-height/)
  t.end()
})

t.test('what is absent leaves no hole', t => {
  const bare = {
    name: '',
    uri: undefined,
    logoUri: undefined,
    policyUri: undefined,
    tosUri: undefined,
    vouchedFor: true,
  }
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

t.test('somebody who signs in for an own page has nothing to cancel', t => {
  const own = elementsOf(made.signIn({ ...signIn, client: undefined, interaction: undefined }))
  t.match(one(own, 'main').text, /Sign in\s+to continue to XWMS/)
  t.same(
    own.filter(({ name }) => name === 'button').map(({ attributes }) => attributes.id),
    ['login-submit'],
  )
  t.notOk(
    own.some(({ attributes }) => attributes.name === 'interaction'),
    'and the form belongs to no interaction',
  )
  t.end()
})

t.test('consent for a device shows its code, and warns of codes that were sent', t => {
  const page = made.consent({ ...consent, userCode: 'BCDF-GHJK' })
  const elements = elementsOf(page)
  t.equal(byId(elements, 'user-code').text, 'BCDF-GHJK')
  t.match(one(elements, 'main').text, /If somebody sent you the code.*choose Deny/)
  t.notMatch(page, 'Your browser then returns')
  t.notMatch(made.consent(consent), 'user-code"')
  t.end()
})

t.test('the device page takes a code, and a filled-in one waits for the person', t => {
  const empty = elementsOf(made.device(device))
  t.match(byId(empty, 'user_code').attributes, {
    name: 'user_code',
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'characters',
    required: '',
    autofocus: '',
  })
  one(empty, 'label', { for: 'user_code' })
  t.match(byId(empty, 'device-submit').attributes, { type: 'submit', name: 'decision', value: 'submit' })
  t.match(one(empty, 'main').text, 'Enter the code that your device shows.')

  const filled = elementsOf(made.device({ ...device, userCode: 'BCDF-GHJK' }))
  t.equal(byId(filled, 'user_code').attributes.value, 'BCDF-GHJK')
  t.notOk(
    'autofocus' in byId(filled, 'user_code').attributes,
    'an Enter meant for another page sends nothing',
  )
  t.match(one(filled, 'main').text, 'Is this the code that your device shows?')

  const wrong = elementsOf(made.device({ ...device, userCode: 'BCDF-GHJK', problem: 'Not known.' }))
  t.match(byId(wrong, 'problem'), { attributes: { role: 'alert' }, text: 'Not known.' })
  t.equal(byId(wrong, 'user_code').attributes['aria-describedby'], 'problem')
  t.equal(one(wrong, 'title').text, 'Problem: Connect a device · XWMS')
  t.end()
})

t.test('the question about signing out says who asks and about whom', t => {
  const page = made.logout(logout)
  const elements = elementsOf(page)
  t.match(one(elements, 'main').text, /Paper Plane asks to sign you out of\s+XWMS.*ada@example.com/s)
  t.match(byId(elements, 'logout-confirm').attributes, { name: 'decision', value: 'confirm' })
  t.match(byId(elements, 'logout-cancel').attributes, { name: 'decision', value: 'cancel' })
  t.notMatch(page, 'autofocus')
  t.match(
    one(elementsOf(made.logout({ ...logout, client: undefined })), 'main').text,
    /This signs you out of\s+XWMS/,
  )
  t.end()
})

t.test('a message names the application, where there is one', t => {
  const { text } = one(elementsOf(made.message(message)), 'main')
  t.match(text, 'Paper Plane goes on by itself. You can return to your device.')
  t.match(made.message({ ...message, client: undefined }), 'The device goes on by itself.')
  t.end()
})

t.test('the account page lists what applications may do, and takes it back', t => {
  const elements = elementsOf(made.account(account))
  const { text } = one(elements, 'main')
  for (const said of [
    'Paper Plane',
    'See your birth date',
    'Read your orders',
    'Since February 1, 2026',
    'Harbour Coffee',
    'Since June 1, 2025',
    'Firefox on Linux',
    'This browser',
    'Unknown browser',
    '2001:db8::7',
  ]) {
    t.match(text, said)
  }
  t.match(byId(elements, 'revoke-1').attributes, { type: 'submit', name: 'revoke', value: 'cl_1' })
  t.match(byId(elements, 'revoke-2').attributes, { type: 'submit', name: 'revoke', value: 'cl_2' })
  for (const id of ['revoke-1', 'revoke-2', 'end-session-2']) {
    const { 'aria-describedby': described = '' } = byId(elements, id).attributes
    t.equal(byId(elements, described).name, 'h3', `${id} says which one it is about`)
  }
  for (const [id, name, words] of [
    ['1-1', 'userinfo', 'See your birth date'],
    ['1-2', 'orders:read', 'Read your orders'],
  ] as const) {
    const { attributes } = byId(elements, `remove-${id}`)
    t.match(attributes, { type: 'submit', name: 'remove_scope', value: `cl_1 ${name}` })
    t.equal(attributes['aria-describedby'], `scope-${id} application-1`, 'it says what, and of whom')
    t.equal(byId(elements, `scope-${id}`).text, words)
  }
  t.match(text, 'Use the shop’s stock')
  t.notOk(
    elements.some(({ attributes }) => attributes.id === 'remove-1-3'),
    'what is no scope goes with the whole access',
  )
  t.match(byId(elements, 'end-session-2').attributes, { name: 'end_session', value: 'sid_2' })
  t.notOk(
    elements.some(({ attributes }) => attributes.id === 'end-session-1'),
    'this browser signs out below',
  )
  t.match(byId(elements, 'sign-out').attributes, { name: 'decision', value: 'sign_out' })
  t.notMatch(text, 'Sign out everywhere else', 'one other browser has its own button')
  t.equal(one(elements, 'time', { datetime: '2026-01-31T23:30:00.000Z' }).text, 'February 1, 2026')
  t.end()
})

t.test('the account page of a newcomer, and of somebody with many browsers', t => {
  const [own, other] = account.sessions
  if (!own || !other) throw new Error('The view has two sessions.')
  const newcomer = one(elementsOf(made.account({ ...account, applications: [], sessions: [own] })), 'main')
  t.match(newcomer.text, 'No application may use your account.')
  const sessions = [own, other, { ...other, sid: 'sid_3' }]
  const many = elementsOf(made.account({ ...account, sessions }))
  t.match(byId(many, 'end-others').attributes, { name: 'decision', value: 'end_others' })
  for (const [notice, said] of [
    ['access_removed', 'The access is removed.'],
    ['scope_removed', 'The application cannot do that any more. It has to ask you anew.'],
    ['signed_out_elsewhere', 'Signed out there.'],
  ] as const) {
    t.equal(one(elementsOf(made.account({ ...account, notice })), 'p', { role: 'status' }).text, said)
  }
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

t.test('an error leads to an application that nobody vouches for by a link and nothing else', t => {
  const returnTo = 'https://paperplane.example/callback?error=invalid_scope&state=1'
  const page = made.error({ ...error, returnTo })
  const link = byId(elementsOf(page), 'error-return')
  t.match(link, { name: 'a', attributes: { href: returnTo, rel: 'noreferrer' } })
  t.equal(link.text, 'Return to paperplane.example')
  t.notMatch(page, /<script|http-equiv/)
  t.notMatch(made.error({ ...error, returnTo: 'javascript:alert(1)' }), /<a |alert/)
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
