import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import pLimit from 'p-limit'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** The cost parameters of scrypt, by the names of RFC 7914; `ln` is the base-2 logarithm of N. */
interface Cost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

interface StoredPassword {
  readonly cost: Cost
  readonly salt: Buffer
  readonly hash: Buffer
}

/**
 * N = 2^15, r = 8, p = 3: of the settings that the OWASP Password Storage Cheat Sheet holds for equally strong, the one
 * whose 32 MiB leave room for several sign-ins at once.
 */
const COST: Cost = { ln: 15, r: 8, p: 3 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** Stored hashes that ask for more are not worked out: they would let a database row take the process down. */
const MAX_MEMORY_BYTES = 128 * 2 ** 20
const MAX_PARALLELISM = 16

/** Hashing runs on the threads that the host's file and name lookups share, so it gets some of them only. */
const hashing = pLimit(2)

/** How many passwords wait for their turn to be hashed, for whoever has to say that it is enough. */
export function waitingPasswords(): number {
  return hashing.pendingCount
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** What an unknown user's password is compared with: it costs the same, and nothing is equal to it. */
const NOBODY: StoredPassword = {
  cost: COST,
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(HASH_BYTES),
}

/**
 * Hashes a password for storage, with a random salt, on a thread of the pool.
 * @returns a PHC string that carries its own parameters: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await work(password, salt, HASH_BYTES, COST)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(hash)}`
}

/**
 * Whether a password is the one that a PHC string was made of.
 * Without one (no such user, or a user without a password) it does the same work and answers false, so that the time
 * it takes does not tell who has an account. A string that is not ours, or beyond sane parameters, matches nothing.
 */
export async function verifyPassword(password: string, phc: string | undefined): Promise<boolean> {
  const stored = phc === undefined ? undefined : parse(phc)
  const { cost, salt, hash } = stored ?? NOBODY
  const equal = timingSafeEqual(await work(password, salt, hash.length, cost), hash)
  return stored !== undefined && equal
}

/** Whether a stored hash was made with other parameters than new ones are: the next sign-in is the moment to replace it. */
export function needsRehash(phc: string): boolean {
  const stored = parse(phc)
  return stored === undefined || !isCurrent(stored)
}

function isCurrent({ cost, salt, hash }: StoredPassword): boolean {
  return (
    cost.ln === COST.ln &&
    cost.r === COST.r &&
    cost.p === COST.p &&
    salt.length === SALT_BYTES &&
    hash.length === HASH_BYTES
  )
}

/**
 * NFC, as RFC 8265 section 4.2 has it: keyboards differ in how they compose an é, and people cannot see which they used.
 * NFKC would also make passwords equal that look different, such as ² and 2.
 */
function work(password: string, salt: Buffer, length: number, { ln, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** ln
  // OpenSSL counts some blocks beside the N of RFC 7914: p for its input, and two to work in.
  const options = { N, r, p, maxmem: 2 * memory(N + p + 2, r) }
  return hashing(() => derive(password.normalize('NFC'), salt, length, options))
}

function memory(N: number, r: number): number {
  return 128 * N * r
}

function parse(phc: string): StoredPassword | undefined {
  const [, ln, r, p, salt, hash] = PHC.exec(phc) ?? []
  if (salt === undefined || hash === undefined) return undefined
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const sane =
    cost.ln >= 1 &&
    cost.r >= 1 &&
    cost.p >= 1 &&
    cost.p <= MAX_PARALLELISM &&
    memory(2 ** cost.ln, cost.r) <= MAX_MEMORY_BYTES
  return sane ? { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') } : undefined
}

/** PHC strings carry base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
