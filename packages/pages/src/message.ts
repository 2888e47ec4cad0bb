import type { MessageView, PageMessage } from '@xwms/core'
import { clientLogo } from './client.ts'
import { html } from './html.ts'
import { type Frame, foreign, hostLink, page, speech } from './layout.ts'
import { type SentenceName, say } from './texts/language.ts'
import { webUrl } from './url.ts'

const WORDS: Readonly<Record<PageMessage, { readonly title: SentenceName; readonly text: SentenceName }>> = {
  signed_out: { title: 'signedOutTitle', text: 'signedOut' },
  still_signed_in: { title: 'stillSignedInTitle', text: 'stillSignedIn' },
  device_connected: { title: 'deviceConnectedTitle', text: 'deviceConnected' },
  device_refused: { title: 'deviceRefusedTitle', text: 'deviceRefused' },
}

/** The page that tells how something ended. */
export function messagePage(frame: Frame, view: MessageView): string {
  const { sentences } = speech(frame, view)
  const words = WORDS[view.message] ?? WORDS.signed_out
  const title = sentences[words.title]
  const name = view.client ? foreign(view.client.name) : sentences.theDevice
  const uri = webUrl(view.client?.uri)
  const content = html`<div class="intro">
${view.client && clientLogo(view.client)}
<h1>${title}</h1>
<p>${say(sentences[words.text], { name })}</p>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
  return page(frame, view, title, content)
}
