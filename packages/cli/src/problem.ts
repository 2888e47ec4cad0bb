import { ConfigurationError, InputError, XwmsError } from '@xwms/core'
import { CommanderError } from 'commander'
import type { XwmsCommand } from './xwms-command.ts'

/** The command was called in a way that cannot work: exit code 2. */
export class UsageError extends XwmsError {}

/** What a person, or a program that reads `--json`, is told of an error. */
export interface Problem {
  /** 1: it failed. 2: the command has to be given differently. */
  readonly exitCode: 1 | 2
  /** Stable, snake_case. */
  readonly code: string
  /** One line. */
  readonly message: string
  /** The options at fault, where single ones are. */
  readonly options: readonly { readonly option: string; readonly problem: string }[]
}

/** Somebody else was quicker: the same command may do in a moment. */
const OVERTAKEN = ['changed_meanwhile', 'keys_changed']

/** The command did what it should, and what it printed is bad news: exit code 1, and nothing more to say. */
export class Reported extends Error {}

/**
 * Puts any error into one line; a stack trace is for nobody who types commands.
 * @param found what {@link XwmsCommand.problems} tells of a command line that was refused
 */
export function describeProblem(error: unknown, found: readonly string[] = []): Problem {
  if (error instanceof CommanderError) {
    const options = error.code === 'commander.help' ? [] : found.flatMap(optionAtFault)
    return usage('invalid_arguments', error.message, options)
  }
  if (error instanceof InputError) {
    const options = Object.entries(error.fields).map(([field, problem]) => ({
      option: optionOf(field),
      problem: memberOf(field) + problem,
    }))
    const message =
      error.code === 'invalid_input'
        ? options.map(({ option, problem }) => `${option} ${problem}`).join('; ')
        : error.message
    const problem = usage(error.code, message, options)
    return OVERTAKEN.includes(error.code) ? { ...problem, exitCode: 1 } : problem
  }
  if (error instanceof ConfigurationError) return usage(error.code, error.problems.join('; '))
  if (error instanceof UsageError) return usage(error.code, error.message)
  const code = error instanceof XwmsError ? error.code : 'failed'
  return { exitCode: 1, code, message: oneLine(messageOf(error)), options: [] }
}

/** Of a sentence about a command line the option that it names first, which is the one to change. */
function optionAtFault(text: string): Problem['options'] {
  const [, option] = /(?:^|[ '])(--[a-z][a-z0-9-]*)/.exec(text) ?? []
  if (option === undefined) return []
  return [{ option, problem: oneLine(text.startsWith(`${option} `) ? text.slice(option.length + 1) : text) }]
}

/** Fields of `manage/` whose option is not simply their name in kebab-case. */
const OPTIONS: Readonly<Record<string, string>> = {
  workspaceId: '--workspace',
  clientId: '--client',
  secretId: '--secret',
  redirectUris: '--redirect-uri',
  scopes: '--scope',
  grantTypes: '--grant-type',
  requirePkce: '--no-pkce',
  linksSecretsToDomains: '--link-secrets',
  ipAllowlist: '--ip',
  addressLines: '--address-line',
  number: '<number>',
  algorithms: '--algorithm',
  monthlyRequestCap: '--request-cap',
  monthlySpendCapNanoEuro: '--spend-cap',
  blockId: '--block',
}

/** The option that set a field; the position in a list is left out, because the problem quotes the value. */
function optionOf(field: string): string {
  const name = field.split('.')[0] as string
  return OPTIONS[name] ?? `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** Which member of an option that holds many, such as `jwks.keys.0` of `--metadata`; with the space that follows. */
function memberOf(field: string): string {
  return field.startsWith('metadata.') ? `${field.slice('metadata.'.length)} ` : ''
}

function usage(code: string, message: string, options: Problem['options'] = []): Problem {
  return { exitCode: 2, code, message: oneLine(message), options }
}

/** Several failed addresses of one host come as an AggregateError with an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim()
}
