import * as z from 'zod'
import { type Author, auditEntry } from '../context/audit-entry.ts'
import { checkInput } from '../context/check-input.ts'
import {
  createdAfter,
  type KeySchedule,
  later,
  retirement,
  rotationAudit,
} from '../context/keys/key-rotation.ts'
import { createKeySeal, isSealed } from '../context/keys/key-seal.ts'
import { newSigningKey } from '../context/keys/signing-key.ts'
import { InputError } from '../errors.ts'
import { listOf, oneOf } from '../lib/schema.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from '../model/authorization.ts'
import type { Storage } from '../storage/storage.ts'

const DAY_SECONDS = 86_400

/** What the management of keys finds around it. */
export interface KeyEnvironment {
  readonly storage: Pick<Storage, 'keys'>
  /** The options that the application runs with, or the defaults. */
  readonly config: KeySchedule
  readonly now: Date
  /** Who makes the change, for the audit. */
  readonly actor: string
  readonly ip: string | undefined
}

/** What can be told of a key; nothing of its private half. */
export interface KeyState extends Pick<SigningKey, 'kid' | 'alg'> {
  /** `next` will sign, `current` signs, `previous` did; the host's own keys are `hosted`. */
  readonly state: 'next' | 'current' | 'previous' | 'hosted'
  /** Whether its private half is encrypted at rest; `undefined` for one that is not kept here. */
  readonly sealed: boolean | undefined
  readonly createdAt: Date | undefined
  readonly activeAt: Date | undefined
  readonly retiredAt: Date | undefined
}

/** What {@link rotateKeys} is told. */
export interface KeyRotationInput {
  /** Default: every algorithm whose keys are kept here. */
  readonly algorithms?: readonly SigningAlgorithm[]
  /**
   * For keys that somebody may have stolen: the successor signs at once, and every other key of the algorithm is published no
   * more. What they signed is worthless then. Running processes hear of it within a second. Default false.
   */
  readonly now?: boolean
  /** With `now`: how long the others stay published all the same, at most 30 days. Default 0. */
  readonly retireAfterSeconds?: number
}

/** What became of the keys of an algorithm: a successor is published, or one was waiting already. */
export interface KeyRotation {
  readonly outcome: 'published' | 'waiting'
  readonly key: KeyState
}

const rotationInput = z
  .strictObject({
    algorithms: listOf(oneOf(SIGNING_ALGORITHMS), 'must be a list').min(1, 'must have an entry').optional(),
    now: z.boolean('must be true or false').default(false),
    retireAfterSeconds: z
      .int('must be a whole number of seconds')
      .min(0, 'must not be negative')
      .max(30 * DAY_SECONDS, 'must be at most 30 days')
      .optional(),
  })
  .refine(({ now, retireAfterSeconds }) => now || retireAfterSeconds === undefined, {
    path: ['retireAfterSeconds'],
    message: 'goes with now; else a key is retired when nothing that it signed is good any more',
  })

/** Every key that is published, oldest first, the host's own at the end. */
export async function listKeys({
  storage,
  config,
  now,
}: Omit<KeyEnvironment, keyof Author> & Pick<Author, 'now'>): Promise<readonly KeyState[]> {
  const stored = await storage.keys.list(now)
  const hosted = config.keys.hosted.map(({ kid, alg }) => {
    const none = { sealed: undefined, createdAt: undefined, activeAt: undefined, retiredAt: undefined }
    return { kid, alg, state: 'hosted' as const, ...none }
  })
  return [...stored.map(key => stateOf(key, stored, now)), ...hosted]
}

/**
 * Gives each algorithm its next key ahead of time: published now, it signs once verifiers know it. With `now`, at once.
 * @throws {InputError} `invalid_input`, `hosted_algorithm`, `encryption_secret_missing` or `keys_changed`
 */
export async function rotateKeys(
  environment: KeyEnvironment,
  input: KeyRotationInput = {},
): Promise<readonly KeyRotation[]> {
  const { now: atOnce, retireAfterSeconds = 0, algorithms } = checkInput(rotationInput, input)
  const { storage, config, now } = environment
  const hosted = new Set(config.keys.hosted.map(({ alg }) => alg))
  const theirs = algorithms?.find(alg => hosted.has(alg))
  if (theirs !== undefined) {
    const message = `The host holds the key for ${theirs}: rotate it there, and name the new one in keys.hosted.`
    throw new InputError('hosted_algorithm', message, { algorithms: `${theirs} is the host’s` })
  }
  const stored = await storage.keys.list(now)
  if (config.keys.encryptionSecrets.length === 0 && stored.some(({ privateJwk }) => isSealed(privateJwk))) {
    throw new InputError(
      'encryption_secret_missing',
      'The keys are encrypted at rest, and the secret is not known here, so the new ones would not be. Give the application’s options: XWMS_CONFIG for the command line.',
    )
  }
  const chosen = new Set(algorithms ?? SIGNING_ALGORITHMS.filter(alg => !hosted.has(alg)))
  return Promise.all(
    [...chosen].map(alg => {
      const ofAlgorithm = stored.filter(key => key.alg === alg)
      return atOnce
        ? replaceAtOnce(environment, alg, ofAlgorithm, later(now, retireAfterSeconds))
        : publishNext(environment, alg, ofAlgorithm)
    }),
  )
}

async function publishNext(
  environment: KeyEnvironment,
  alg: SigningAlgorithm,
  stored: readonly SigningKey[],
): Promise<KeyRotation> {
  const { config, now } = environment
  const newest = stored.at(-1)
  if (newest === undefined) return makeFirst(environment, alg)
  if (newest.activeAt > now) return { outcome: 'waiting', key: stateOf(newest, stored, now) }
  const start = later(now, config.keys.publishAheadSeconds)
  const successor = await sealedKey(environment, alg, newest, start)
  await succeed(environment, newest, retirement(config, start), successor)
  return { outcome: 'published', key: stateOf(successor, [...stored, successor], now) }
}

async function replaceAtOnce(
  environment: KeyEnvironment,
  alg: SigningAlgorithm,
  stored: readonly SigningKey[],
  retiredAt: Date,
): Promise<KeyRotation> {
  const { storage, now } = environment
  const newest = stored.at(-1)
  if (newest === undefined) return makeFirst(environment, alg)
  const successor = await sealedKey(environment, alg, newest, now)
  await succeed(environment, newest, retiredAt, successor)
  // One that waits to sign was kept beside the one that was stolen.
  await Promise.all(
    stored.map(({ kid }) => {
      const audit = auditEntry(environment, {
        action: 'signing_key.retired',
        target: kid,
        after: { alg, retiredAt },
      })
      return storage.keys.retire(kid, retiredAt, audit)
    }),
  )
  return { outcome: 'published', key: stateOf(successor, [...stored, successor], now) }
}

async function makeFirst(environment: KeyEnvironment, alg: SigningAlgorithm): Promise<KeyRotation> {
  const { storage, now } = environment
  const first = await sealedKey(environment, alg, undefined, now)
  const standing = (await storage.keys.ensure([first], now)).filter(key => key.alg === alg)
  return { outcome: 'published', key: stateOf(standing.at(-1) ?? first, standing, now) }
}

async function sealedKey(
  { config, now }: KeyEnvironment,
  alg: SigningAlgorithm,
  newest: SigningKey | undefined,
  activeAt: Date,
): Promise<SigningKey> {
  const createdAt = newest === undefined ? now : createdAfter(newest, now)
  const key = await newSigningKey(alg, { createdAt, activeAt })
  const seal = createKeySeal(config.keys.encryptionSecrets)
  return { ...key, privateJwk: await seal.sealPrivateKey(key.kid, key.privateJwk) }
}

async function succeed(
  environment: KeyEnvironment,
  newest: SigningKey,
  retiredAt: Date,
  successor: SigningKey,
): Promise<void> {
  const audit = rotationAudit(environment, newest, retiredAt, successor)
  if (await environment.storage.keys.succeed(newest.kid, retiredAt, successor, audit)) return
  throw new InputError(
    'keys_changed',
    `Somebody else rotated the ${newest.alg} keys at the same moment. See what there is now, and decide anew.`,
  )
}

function stateOf(key: SigningKey, stored: readonly SigningKey[], now: Date): KeyState {
  const { kid, alg, privateJwk, createdAt, activeAt, retiredAt } = key
  const current = stored.findLast(other => other.alg === alg && other.activeAt <= now)
  const state = activeAt > now ? 'next' : kid === current?.kid ? 'current' : 'previous'
  return { kid, alg, state, sealed: isSealed(privateJwk), createdAt, activeAt, retiredAt }
}
