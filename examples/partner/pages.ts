import type { SignedInUser, UserInfo } from '@xwms/client'
import type { Order } from './orders.ts'
import type { Notice } from './sessions.ts'

/** Something that was asked of somebody else: the answer, or why there is none. */
export type Asked<Answer> =
  | { readonly answer: Answer; readonly problem?: undefined }
  | { readonly answer?: undefined; readonly problem: string }

export interface SignedInView {
  readonly user: SignedInUser
  readonly info: Asked<UserInfo>
  readonly orders: Asked<readonly Order[]>
}

/** The shop as everybody sees it, with what came of the last sign-in, if there was one. */
export function signedOutPage(notice: Notice | undefined): string {
  return page(
    'Harbour Coffee',
    `
<section class="welcome">
${notice ? noticeBox(notice) : ''}
<h1>Good coffee, close to the water</h1>
<p class="lead">Sign in to see what we know about you, and how our next beans are doing.</p>
<form method="post" action="/sign-in"><button class="xwms" id="sign-in" type="submit">${MARK}Sign in with XWMS</button></form>
</section>
<section class="steps" aria-labelledby="steps">
<h2 id="steps">What happens when you press it</h2>
<ol>
<li>This shop asks XWMS for a sign-in, and sends your browser there.</li>
<li>You sign in at XWMS. The shop never sees your password.</li>
<li>XWMS asks whether the shop may know who you are. It asks once.</li>
<li>Your browser comes back with a token, and the shop asks XWMS who that is.</li>
</ol>
</section>`,
  )
}

/** The shop as somebody sees it who is signed in. */
export function signedInPage({ user, info, orders }: SignedInView): string {
  const name = user.name ?? user.email ?? 'you'
  return page(
    `${name} · Harbour Coffee`,
    `
<section class="hello">
<span class="monogram" aria-hidden="true">${escaped(firstLetter(name))}</span>
<div>
<h1>Hello, <bdi id="user-name">${escaped(name)}</bdi></h1>
<p>${escaped(user.email ?? '')}${user.email_verified ? ' <span class="tag">verified</span>' : ''}</p>
</div>
</section>
<div class="cards">
<section class="card" id="profile" aria-labelledby="profile-title">
<h2 id="profile-title">About you</h2>
${content(info, profile)}
<p class="source"><code>POST /api/get/user/info</code></p>
</section>
<section class="card" id="orders" aria-labelledby="orders-title">
<h2 id="orders-title">Our orders at the roaster</h2>
${content(orders, orderList)}
<p class="source"><code>GET /orders</code>, guarded by <code>protect()</code></p>
</section>
</div>
<p class="note">Signing out ends your visit to this shop. At XWMS you stay signed in, so the next time takes one click.</p>`,
    '<form method="post" action="/sign-out"><button class="quiet" id="sign-out" type="submit">Sign out</button></form>',
  )
}

const COUNTRY_NAMES = new Intl.DisplayNames('en', { type: 'region' })

function profile(info: UserInfo): string {
  const social = info.socials?.[0]
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['XWMS id', info.sub],
    ['Name', info.name],
    ['Born', info.birth_date],
    ['Country', info.country && COUNTRY_NAMES.of(info.country)],
    ['Elsewhere', social && `${social.username} on ${social.platform}`],
  ]
  const shown = rows.map(([name, value]) => value && `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`)
  return `<dl>${shown.filter(Boolean).join('\n')}</dl>`
}

function orderList(orders: readonly Order[]): string {
  if (orders.length === 0) return '<p>None at the moment.</p>'
  const rows = orders.map(
    ({ number, beans, kilograms, status }) =>
      `<li><span>${escaped(beans)}<small>${kilograms} kg · no. ${number}</small></span><span class="tag">${escaped(status)}</span></li>`,
  )
  return `<ul class="orders">${rows.join('\n')}</ul>`
}

/** One part may fail while the rest of the page is fine. */
function content<Answer>(asked: Asked<Answer>, render: (answer: Answer) => string): string {
  return asked.problem !== undefined
    ? `<p class="notice problem" role="alert">${escaped(asked.problem)}</p>`
    : render(asked.answer)
}

function noticeBox({ kind, title, text }: Notice): string {
  const role = kind === 'problem' ? 'alert' : 'status'
  return `<div class="notice ${kind}" role="${role}"><strong>${escaped(title)}</strong><p>${escaped(text)}</p></div>`
}

const MARK = `<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false"><path d="M4 4l12 12M16 4L4 16" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"/></svg>`

function page(title: string, content: string, corner = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/partner.css">
</head>
<body>
<header>
<a class="brand" href="/">Harbour Coffee</a>
${corner}
</header>
<main>${content}
</main>
<footer><p>A partner app: it runs beside XWMS, and knows of it what any other client does.</p></footer>
</body>
</html>
`
}

function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter().segment(name)
  return first?.segment.toLocaleUpperCase() ?? ''
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character] ?? '')
}
