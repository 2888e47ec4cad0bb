import type { MessageView, PageMessage } from '@xwms/core'
import { clientLogo } from './client.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { webUrl } from './url.ts'

interface Words {
  readonly title: string
  /** @param name the application that it was about, in words */
  readonly text: (name: Html | string) => Html
}

const WORDS: Readonly<Record<PageMessage, Words>> = {
  signed_out: {
    title: 'You are signed out',
    text: () => html`You can close this page.`,
  },
  still_signed_in: {
    title: 'You are still signed in',
    text: () => html`Nothing has changed. You can close this page.`,
  },
  device_connected: {
    title: 'Your device is connected',
    text: name => html`${name} goes on by itself. You can return to your device.`,
  },
  device_refused: {
    title: 'Nothing was connected',
    text: name => html`${name} did not get access to your account. You can close this page.`,
  },
}

/** The page that tells how something ended. */
export function messagePage(frame: Frame, view: MessageView): string {
  const { title, text } = WORDS[view.message] ?? WORDS.signed_out
  const uri = webUrl(view.client?.uri)
  const content = html`<div class="intro">
${view.client && clientLogo(view.client)}
<h1>${title}</h1>
<p>${text(view.client ? foreign(view.client.name) : 'The device')}</p>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
  return page(frame, view, title, content)
}
