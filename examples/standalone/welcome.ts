import { styleText } from 'node:util'
import type { Demo } from './demo.ts'

export interface WelcomeView {
  readonly url: string
  readonly partnerUrl: string
  /** Where everything is kept, in words. */
  readonly kept: string
  /** The database that was made for this; of one that is somebody's own, the password is printed nowhere. */
  readonly ownDatabaseUrl: string | undefined
  readonly demo: Demo
}

/** All that somebody needs who has never seen XWMS: where it is, who to be, what to paste, and what to do first. */
export function welcome({ url, partnerUrl, kept, ownDatabaseUrl, demo }: WelcomeView): string {
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
  Open ${partnerUrl} and press "Sign in with XWMS".
  In another terminal, here${ownDatabaseUrl ? '' : ' and with the same DATABASE_URL'}: what was metered, the requests, and what the month costs.
${ownDatabaseUrl ? `export DATABASE_URL='${ownDatabaseUrl}'\n` : ''}npm run -s xwms -- usage --client ${demo.clientId} --by route --by mode
npm run -s xwms -- log --client ${demo.clientId}
npm run -s xwms -- invoice preview --workspace ${demo.workspaceId}

  Ctrl-C stops everything.
`
}

function strong(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

function rows(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs.map(([name, value]) => `  ${name.padEnd(15)}${value}`).join('\n')
}
