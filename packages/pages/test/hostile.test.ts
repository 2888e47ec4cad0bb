import t from 'tap'
import { pages } from '../src/index.ts'
import { elementsOf } from './elements.ts'
import { account, client, consent, device, error, formPost, logout, message, signIn } from './views.ts'

const ATTACKS = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '</style><img src=x onerror=alert(1)>',
  '</title></head><body onload=alert(1)>',
  '" autofocus onfocus="alert(1)',
  "' onmouseover='alert(1)",
  '"><svg onload=alert(1)>',
  '--><script>alert(1)</script><!--',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' \tjavascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '{{7*7}}',
  '\u202Eevil\u0000',
]

const MONOGRAM = 'span class,aria-hidden,dir'

const made = pages({ footerLinks: [{ text: '"><script>', url: 'https://example.com/"><script>' }] })

/** A page, and the view it is made from. */
const PAGES: Record<string, [(view: never) => string, object]> = {
  signIn: [made.signIn as (view: never) => string, { ...signIn, login: 'ada', problem: 'No.' }],
  ownSignIn: [
    made.signIn as (view: never) => string,
    { ...signIn, client: undefined, interaction: undefined, login: 'ada' },
  ],
  consent: [
    made.consent as (view: never) => string,
    {
      ...consent,
      userCode: 'BCDF-GHJK',
      claims: [{ name: 'email', description: 'See', alreadyApproved: true }],
      authorizationDetails: [{ name: 'payment', description: 'Pay', alreadyApproved: false }],
    },
  ],
  formPost: [made.formPost as (view: never) => string, formPost],
  device: [made.device as (view: never) => string, { ...device, userCode: 'BCDF-GHJK', problem: 'No.' }],
  logout: [made.logout as (view: never) => string, logout],
  message: [made.message as (view: never) => string, message],
  account: [made.account as (view: never) => string, { ...account, notice: 'access_removed' }],
  error: [
    made.error as (view: never) => string,
    { ...error, returnTo: 'https://paperplane.example/callback?error=invalid_scope' },
  ],
  strangerSignIn: [
    made.signIn as (view: never) => string,
    { ...signIn, client: { ...client, vouchedFor: false }, login: 'ada', problem: 'No.' },
  ],
}

for (const [name, [render, view]] of Object.entries(PAGES)) {
  t.test(`${name}: no field can leave its place`, t => {
    const shape = shapeOf(render(view as never))
    for (const path of textPaths(view)) {
      for (const attack of ATTACKS) {
        const hostile = replaced(view, path, attack)
        if (path.join('.') === 'action') {
          t.throws(() => render(hostile as never), TypeError, 'a form that posts elsewhere is not made')
          continue
        }
        const page = render(hostile as never)
        const found = shapeOf(page)
        // An address that is refused takes its element away, and a monogram may stand in for a picture.
        const added = found.filter(element => !shape.includes(element) && element !== MONOGRAM)
        t.same(added, [], `${path.join('.')} = ${attack}`)
        t.ok(found.length <= shape.length, `${path.join('.')} = ${attack}`)
        for (const { attributes } of elementsOf(page)) {
          for (const address of [attributes.href, attributes.src, attributes.action]) {
            if (address !== undefined) t.match(address, /^(https?:\/\/|\/)/, `${path.join('.')} = ${attack}`)
          }
        }
      }
    }
    t.end()
  })
}

/** Every element with the names of its attributes: what an attack would have to change. */
function shapeOf(page: string): string[] {
  return elementsOf(page).map(({ name, attributes }) => `${name} ${Object.keys(attributes)}`)
}

/** The paths of every text in a view. */
function textPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value === 'string') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => textPaths(member, [...path, key]))
}

function replaced(value: unknown, [key, ...rest]: string[], text: string): unknown {
  if (key === undefined) return text
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, text)
  return copy
}
