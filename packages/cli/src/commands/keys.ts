import { type KeyState, listKeys, rotateKeys, type SigningAlgorithm } from '@xwms/core'
import type { Command } from 'commander'
import { repeatedWords, wholeNumber } from '../option-values.ts'
import { perform } from '../perform.ts'
import { type Fields, list, type Result } from '../result.ts'

interface RotateOptions {
  readonly algorithm?: readonly string[]
  readonly now?: boolean
  readonly retireAfterSeconds?: number
}

const MONTH_SECONDS = 30 * 86_400

const LIST_HELP = `
Every key that is published: the next ones, those that sign, and those that did. Their private halves are shown nowhere.

Examples:
  $ xwms keys list`

const ROTATE_HELP = `
Keys rotate by themselves (the options keys.rotateAfterSeconds and keys.publishAheadSeconds). This publishes the next ones
now; they sign once verifiers had the time to learn of them, and the former ones stay published until nothing that they
signed is good any more.

With --now, for keys that somebody may have stolen: new keys sign at once, and all others are published no more, so that
whatever they signed is worthless. Running processes hear of it within a second.

Where the keys are encrypted at rest, XWMS_CONFIG has to hold the application's option keys.

Examples:
  $ xwms keys rotate
  $ xwms keys rotate --algorithm ES256 --now
  $ xwms keys rotate --now --retire-after-seconds 600`

const COLUMNS = ['kid', 'alg', 'state', 'encrypted', 'active_at', 'retired_at']

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that tokens are signed with')
  keys
    .command('list')
    .description('list the keys that are published')
    .addHelpText('after', LIST_HELP)
    .action(
      perform<object>(async environment =>
        list('keys', COLUMNS, (await listKeys(environment)).map(keyFields)),
      ),
    )
  keys
    .command('rotate')
    .description('make the next keys')
    .option(
      '--algorithm <alg>',
      'RS256, PS256, ES256 or EdDSA; may be repeated (default: all)',
      repeatedWords,
    )
    .option('--now', 'sign with the new keys at once, and retire all others')
    .option(
      '--retire-after-seconds <seconds>',
      'with --now: how long the others stay published all the same (default: 0)',
      wholeNumber(0, MONTH_SECONDS),
    )
    .addHelpText('after', ROTATE_HELP)
    .action(
      perform<RotateOptions>(async (environment, { algorithm, ...options }) => {
        const algorithms = algorithm as readonly SigningAlgorithm[] | undefined
        return rotated(await rotateKeys(environment, { ...options, ...(algorithms && { algorithms }) }))
      }),
    )
}

function rotated(rotations: Awaited<ReturnType<typeof rotateKeys>>): Result {
  const rows = rotations.map(({ outcome, key }) => ({ ...keyFields(key), outcome }))
  const result = list('keys', ['outcome', ...COLUMNS], rows)
  const waiting = rotations.some(({ outcome }) => outcome === 'waiting')
  return waiting ? { ...result, note: 'A key that was waiting to sign already stays the next one.' } : result
}

function keyFields(key: KeyState): Fields {
  return {
    kid: key.kid,
    alg: key.alg,
    state: key.state,
    encrypted: key.sealed,
    created_at: key.createdAt,
    active_at: key.activeAt,
    retired_at: key.retiredAt,
  }
}
