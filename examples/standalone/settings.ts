import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartError } from './start-error.ts'

/** What the environment says about a start. */
export interface Settings {
  /** Where XWMS answers on this machine. `PORT`, default 3000. */
  readonly port: number
  /** Where the partner app does. `PARTNER_PORT`, default the next one. */
  readonly partnerPort: number
  /** A PostgreSQL to use in place of one of our own. `DATABASE_URL`. */
  readonly databaseUrl: string | undefined
  /** For everything that is kept between starts. `XWMS_DATA_DIR`, default `.xwms` beside the packages. */
  readonly dataDirectory: string
  /**
   * What signing keys are encrypted with in the database. `XWMS_ENCRYPTION_SECRET`; our own PostgreSQL has one beside it
   * without that.
   */
  readonly encryptionSecret: string | undefined
}

const DEFAULT_PORT = 3000
const LAST_PORT = 65_535

/**
 * Reads the settings. A variable that is empty counts as not set.
 * @throws {StartError} naming everything that is wrong
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const problems: string[] = []

  function port(name: string, otherwise: number): number {
    const value = environment[name] || String(otherwise)
    const number = /^\d{1,5}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > LAST_PORT) {
      problems.push(`${name} must be a whole number from 1 to ${LAST_PORT}, not ${JSON.stringify(value)}.`)
    }
    return number
  }

  const own = port('PORT', DEFAULT_PORT)
  const next = own < LAST_PORT ? own + 1 : own - 1
  const partnerPort = port('PARTNER_PORT', problems.length === 0 ? next : DEFAULT_PORT + 1)
  if (problems.length === 0 && own === partnerPort) {
    problems.push(`PORT and PARTNER_PORT are both ${own}; choose two.`)
  }

  const databaseUrl = environment.DATABASE_URL || undefined
  // Quoted nowhere: there is a password in it.
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    problems.push('DATABASE_URL must look like postgres://user:password@host:5432/database.')
  }
  const encryptionSecret = environment.XWMS_ENCRYPTION_SECRET || undefined
  if (encryptionSecret && encryptionSecret.length < 32) {
    problems.push('XWMS_ENCRYPTION_SECRET must have at least 32 characters, at random.')
  }
  if (problems.length > 0) throw new StartError(problems.join(' '))

  const beside = fileURLToPath(new URL('../../.xwms', import.meta.url))
  const dataDirectory = resolve(environment.XWMS_DATA_DIR || beside)
  return { port: own, partnerPort, databaseUrl, dataDirectory, encryptionSecret }
}
