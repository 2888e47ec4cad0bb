// An ES256 signature through jose, over and over: what no server that signs an ID token can be faster than.
import { generateKeyPair, SignJWT } from 'jose'
import { summariseLoad } from '../cannon.ts'
import { answerQuestions } from '../child.ts'
import { NONCE } from './setting.ts'

const seconds = Number(process.argv[2])
const { privateKey } = await generateKeyPair('ES256')

answerQuestions(
  {
    /** Signs for a while, one token after the other. */
    sign: async () => {
      const durations: number[] = []
      const started = performance.now()
      while (performance.now() - started < seconds * 1000) {
        const from = performance.now()
        await sign()
        durations.push(performance.now() - from)
      }
      return summariseLoad(durations, (performance.now() - started) / 1000)
    },
    cpu: () => process.cpuUsage().user + process.cpuUsage().system,
  },
  async () => {},
)

/** With the claims of an ordinary ID token. */
function sign(): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ nonce: NONCE, auth_time: now })
    .setProtectedHeader({ alg: 'ES256', kid: 'k'.repeat(43) })
    .setIssuer('https://id.example.com')
    .setSubject('1234567890123456')
    .setAudience('cl_xxxxxxxxxxxxxxxxxxxx')
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .sign(privateKey)
}
