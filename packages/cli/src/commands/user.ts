import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { createUser } from '@xwms/core'
import { type Command, Option } from 'commander'
import { perform } from '../perform.ts'
import { record } from '../result.ts'

interface CreateOptions {
  readonly email: string
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly password?: string
  readonly passwordStdin?: boolean
  readonly test?: boolean
  readonly verified?: boolean
}

const CREATE_HELP = `
Without --password and --password-stdin a password is made and shown, once.
Other people on this machine can see --password in the list of processes; they cannot see --password-stdin.

Examples:
  $ xwms user create --email ann@example.com --name 'Ann Smith' --verified
  $ xwms user create --email ann@example.com --password-stdin < password.txt
  $ xwms user create --email robot@example.com --test --json`

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('people who can sign in')
  user
    .command('create')
    .description('create a person who can sign in')
    .requiredOption('--email <address>', 'what the person signs in with')
    .option('--name <name>', 'the full name (default: of the given and family names, or of the address)')
    .option('--given-name <name>', 'the given name')
    .option('--family-name <name>', 'the family name')
    .option('--password <password>', '8 to 256 characters')
    .addOption(new Option('--password-stdin', 'read the password from standard input').conflicts('password'))
    .option('--verified', 'the email address is known to be theirs')
    .option('--test', 'a test user, for domains in test mode')
    .addHelpText('after', CREATE_HELP)
    .action(
      perform<CreateOptions>(async (environment, options) => {
        const given = options.passwordStdin ? await passwordFromStdin() : options.password
        const password = given ?? newPassword()
        const user = await createUser(environment, {
          email: options.email,
          name: options.name,
          givenName: options.givenName,
          familyName: options.familyName,
          password,
          emailVerified: options.verified,
          test: options.test,
        })
        const fields = {
          sub: user.sub,
          email: user.email,
          email_verified: user.emailVerified,
          name: user.name,
          given_name: user.givenName,
          family_name: user.familyName,
          test: user.test,
          created_at: user.createdAt,
        }
        return given === undefined
          ? record({ ...fields, password }, 'The password is shown this once.')
          : record(fields)
      }),
    )
}

/** What a file or a pipe holds, without the line end that editors and `echo` add. */
async function passwordFromStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}

/** 120 random bits as 20 characters. */
function newPassword(): string {
  return randomBytes(15).toString('base64url')
}
