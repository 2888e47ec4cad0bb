/**
 * How much is tolerated before somebody has to wait or is blocked. Everything counts within `windowSeconds`; an address is one
 * of IPv4, or a /64 network of IPv6.
 */
export interface ProtectionOptions {
  /** How long a failure counts. Default 600. */
  readonly windowSeconds: number
  /** Wrong secrets for one client from one address, before these two wait between attempts. Default 10. */
  readonly secretFailures: number
  /** Different clients that one address sent wrong secrets for, before it is blocked. Default 10. */
  readonly clientsTried: number
  /** Wrong secrets from one address for whatever clients. Default 50. */
  readonly addressSecretFailures: number
  /** Wrong passwords for one login from one address or device, before these two wait between attempts. Default 5. */
  readonly loginFailures: number
  /** Different logins that failed from one address, before it is blocked. Default 10. */
  readonly loginsTried: number
  /** Wrong passwords from one address for whatever logins. Default 50. */
  readonly addressLoginFailures: number
  /**
   * Wrong passwords for one login from wherever, before places and devices that it was never used at wait between attempts.
   * Default 20.
   */
  readonly loginFailuresEverywhere: number
  /** Device codes typed from one address, right ones included, before it is blocked (RFC 8628 section 5.1). Default 50. */
  readonly userCodes: number
  /** Wrong registration tokens from one address, before it is blocked. Default 10. */
  readonly registrationFailures: number
  /** Requests beyond the limit that one client sends from one address, before it has to pause. Default 1,000. */
  readonly limitRefusals: number
  /** The first wait; each further one is twice as long. Default 2. */
  readonly firstWaitSeconds: number
  /** Default 60. */
  readonly longestWaitSeconds: number
  /** The first block; each further one within a day is twice as long. Default 60. */
  readonly firstBlockSeconds: number
  /** Default 3600. */
  readonly longestBlockSeconds: number
}

export const DEFAULT_PROTECTION: ProtectionOptions = {
  windowSeconds: 600,
  secretFailures: 10,
  clientsTried: 10,
  addressSecretFailures: 50,
  loginFailures: 5,
  loginsTried: 10,
  addressLoginFailures: 50,
  loginFailuresEverywhere: 20,
  userCodes: 50,
  registrationFailures: 10,
  limitRefusals: 1000,
  firstWaitSeconds: 2,
  longestWaitSeconds: 60,
  firstBlockSeconds: 60,
  longestBlockSeconds: 3600,
}
