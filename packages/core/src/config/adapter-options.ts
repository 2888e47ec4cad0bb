import { ConfigurationError } from '../errors.ts'
import { peerCertificate } from '../http/node.ts'
import type { FindCertificate, XwmsOptions } from './options.ts'

/** The options of an adapter, as its own part and the kit's. */
export interface AdapterOptions {
  readonly findCertificate: FindCertificate
  readonly options: Omit<XwmsOptions, 'clientCertificate'>
}

/**
 * Checks what an adapter takes for itself; the rest is for {@link createKit} to check.
 * @throws {ConfigurationError} that says what is wrong
 */
export function adapterOptions(given: XwmsOptions = {}): AdapterOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigurationError(['options: must be an object, or be left out'])
  }
  const { clientCertificate = peerCertificate, ...options } = given
  if (typeof clientCertificate !== 'function') {
    throw new ConfigurationError(['clientCertificate: must be a function'])
  }
  return { findCertificate: clientCertificate, options }
}
