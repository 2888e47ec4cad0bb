import { createHmac } from 'node:crypto'
import { readCookie, writeCookie } from '../../http/cookies.ts'
import { constantTimeEqual } from '../../lib/hash.ts'
import { randomToken } from '../../lib/random.ts'
import type { Context } from '../context.ts'
import type { Call } from '../endpoint.ts'
import { cookieScope } from '../sign-in/session.ts'

const DEVICE_COOKIE = 'xwms_device'
const DEVICE_SECONDS = 180 * 86_400
/** People who share a browser; beyond them the one who signed in longest ago is forgotten. */
const MAX_LOGINS = 4
const ENTRY = /^([\w-]{43})\.([\w-]{43})$/

/**
 * The name of the calling browser, where it signed in with this login before (OWASP, "Device Cookies"): what strangers do to
 * the login elsewhere is none of its business. The cookie is bound to the login by a key of ours, so that who signed in as
 * themselves cannot guess for others, and it is no credential: it only says whose failures are counted together.
 * @param subject the hash of the login
 */
export async function knownDevice(
  context: Context,
  call: Call,
  subject: string,
): Promise<string | undefined> {
  const entries = entriesOf(call)
  if (entries.length === 0) return undefined
  const key = await context.keys.secret('device')
  return entries.find(({ name, proof }) => constantTimeEqual(proof, proofOf(key, name, subject)))?.name
}

/** The `Set-Cookie` value by which the browser is known from now on; `undefined` where it is known already. */
export async function rememberDevice(
  context: Context,
  call: Call,
  subject: string,
): Promise<string | undefined> {
  if ((await knownDevice(context, call, subject)) !== undefined) return undefined
  const name = randomToken()
  const proof = proofOf(await context.keys.secret('device'), name, subject)
  const entries = [{ name, proof }, ...entriesOf(call)].slice(0, MAX_LOGINS)
  const value = entries.map(entry => `${entry.name}.${entry.proof}`).join('~')
  return writeCookie(DEVICE_COOKIE, value, DEVICE_SECONDS, cookieScope(call))
}

interface Entry {
  readonly name: string
  readonly proof: string
}

function entriesOf(call: Call): readonly Entry[] {
  const value = readCookie(call.request.headers, DEVICE_COOKIE, cookieScope(call)) ?? ''
  return value
    .split('~', MAX_LOGINS)
    .map(entry => ENTRY.exec(entry))
    .filter(match => match !== null)
    .map(([, name = '', proof = '']) => ({ name, proof }))
}

function proofOf(key: Uint8Array, name: string, subject: string): string {
  return createHmac('sha256', key).update(`${name} ${subject}`).digest('base64url')
}
