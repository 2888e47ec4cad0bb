import type { PageUser } from '@xwms/core'
import { monogram } from './client.ts'
import { type Html, html } from './html.ts'
import { webUrl } from './url.ts'

/** Whose account a page is about, with what can be done about that. */
export function accountOf(user: PageUser, action?: Html): Html {
  return html`<div class="account">
${portrait(user)}
<p>
<span class="name" dir="auto">${user.name}</span>
<span class="email" dir="auto">${user.email}</span>
${action}
</p>
</div>`
}

function portrait({ name, email, picture }: PageUser): Html {
  const url = webUrl(picture)
  if (url) return html`<img class="portrait" src="${url}" alt="" referrerpolicy="no-referrer">`
  return html`<span class="portrait monogram" aria-hidden="true" dir="auto">${monogram(name || email)}</span>`
}
