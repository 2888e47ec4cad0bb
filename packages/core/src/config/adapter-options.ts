import { ConfigurationError } from '../errors.ts'
import { peerCertificate } from '../http/node.ts'
import type { FindCertificate, XwmsOptions } from './options.ts'

/** The options of an adapter, as its own part and the kit's, and what is wrong with its own. */
export interface AdapterOptions {
  readonly findCertificate: FindCertificate
  readonly options: Omit<XwmsOptions, 'clientCertificate'>
  /** For {@link createKit}, which throws them together with those of the kit's. */
  readonly problems: readonly string[]
}

/**
 * Checks what an adapter takes for itself; the rest is for {@link createKit} to check.
 * @throws {ConfigurationError} when the options are no object at all
 */
export function adapterOptions(given: XwmsOptions = {}): AdapterOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigurationError(['options: must be an object, or be left out'])
  }
  const { clientCertificate = peerCertificate, ...options } = given
  const problems = typeof clientCertificate === 'function' ? [] : ['clientCertificate: must be a function']
  return { findCertificate: clientCertificate, options, problems }
}
