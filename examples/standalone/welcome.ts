import { styleText } from 'node:util'
import type { Demo } from './demo.ts'

export interface WelcomeView {
  readonly url: string
  readonly partnerUrl: string
  /** Where everything is kept, in words. */
  readonly kept: string
  readonly demo: Demo
}

/** All that somebody needs who has never seen XWMS: where it is, who to be, what to paste, and what to do first. */
export function welcome({ url, partnerUrl, kept, demo }: WelcomeView): string {
  const credentials = [
    `-H 'X-Client-Id: ${demo.clientId}'`,
    `-H 'X-Client-Secret: ${demo.clientSecret}'`,
    `-H 'X-Client-Domain: ${demo.domain}'`,
  ].join(' ')
  return `
${strong('XWMS is running')}
${rows([
  ['Application', url],
  ['Partner app', partnerUrl],
  ['Kept in', kept],
])}

${strong('Sign in as')}
${rows([
  ['Email', demo.email],
  ['Password', demo.password],
])}

${strong('The partner app calls with')}
${rows([
  ['Client id', demo.clientId],
  ['Client secret', demo.clientSecret],
  ['Domain', `${demo.domain}  (in test mode: plain http will do, nothing is billed)`],
])}

${strong('Paste one of these')}
curl ${url}/api/info
curl -X POST ${url}/api/global/countries ${credentials}
curl ${url}/orders ${credentials}

${strong('Next')}
  Open ${partnerUrl} and press "Sign in with XWMS". Ctrl-C stops everything.
`
}

function strong(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

function rows(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs.map(([name, value]) => `  ${name.padEnd(15)}${value}`).join('\n')
}
