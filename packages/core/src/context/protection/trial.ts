import { networkOf } from '../../lib/ip.ts'
import type { FailureRange } from '../../storage/protection.ts'
import type { AbuseRule, TrialPurpose } from './rules.ts'

/** Somebody who tries something, as they show themselves; whether what they try exists is no part of it. */
export interface Trial {
  readonly purpose: TrialPurpose
  /** The framework's: proxies that it trusts are seen through, headers are never believed. */
  readonly ip: string
  /** What is tried: a stated client id, the hash of a typed login, or nothing where there is one thing to try. */
  readonly subject: string
  /** A device that is known for this subject, by its name. It answers for itself and not for its address. */
  readonly device?: string | undefined
  /** The client whose owner is told; it may not exist. */
  readonly clientId?: string | undefined
  /** For the owner's request log. */
  readonly request: {
    readonly requestId: string
    readonly route: string
    readonly userAgent: string | undefined
  }
}

/** Where a trial comes from, as it counts. */
export interface Origin {
  /** The network, or the device. */
  readonly name: string
  /** Whether it is a device that is known. */
  readonly device: boolean
  /** False where the framework gives no address: everybody would seem to come from one place. */
  readonly known: boolean
}

export function originOf({ ip, device }: Pick<Trial, 'ip' | 'device'>): Origin {
  if (device !== undefined) return { name: `device:${device}`, device: true, known: true }
  const network = networkOf(ip)
  return { name: network, device: false, known: network !== 'unknown' }
}

/** What a purpose's subjects are called. */
const NOUNS: Readonly<Record<TrialPurpose, string>> = {
  secret: 'client',
  sign_in: 'login',
  user_code: 'code',
  registration: 'client',
  limit: 'client',
}

/** How a block names whom it is about. */
export function blockSubject(
  about: AbuseRule['about'],
  purpose: TrialPurpose,
  origin: string,
  subject: string,
): string {
  switch (about) {
    case 'origin':
      return `ip:${purpose} ${origin}`
    case 'pair':
      return `ip-${NOUNS[purpose]}:${purpose} ${origin} ${subject}`
    case 'subject':
      return `${NOUNS[purpose]}:${purpose} ${subject}`
  }
}

/** `<kind>:<purpose> <whom>`; an origin has no space in it. */
const BLOCK_SUBJECT = /^([^:]+):(\w+) ((\S*)(?: (.*))?)$/s

/** The failures that count against whom a block is about: the inverse of {@link blockSubject}. */
export function failuresBehind(block: string): FailureRange {
  const [, kind = '', purpose = '', whom, origin, subject] = BLOCK_SUBJECT.exec(block) ?? []
  if (kind === 'ip') return { purpose, origin: whom, subject: undefined }
  return kind.startsWith('ip-') ? { purpose, origin, subject } : { purpose, origin: undefined, subject: whom }
}

/** Whom a rule may answer to: an address that is not known is nobody's, and a device is held to what it does itself. */
export function answersTo({ about }: Pick<AbuseRule, 'about'>, { device, known }: Origin): boolean {
  return about === 'subject' ? !device : known && (about === 'pair' || !device)
}
