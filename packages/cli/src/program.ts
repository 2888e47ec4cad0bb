import { readFileSync } from 'node:fs'
import { Help, type Option } from 'commander'
import { addBlockCommands } from './commands/block.ts'
import { addClientCommands } from './commands/client.ts'
import { addDomainCommands } from './commands/domain.ts'
import { addEventsCommand } from './commands/events.ts'
import { addInvoiceCommands } from './commands/invoice.ts'
import { addKeysCommands } from './commands/keys.ts'
import { addLogCommand } from './commands/log.ts'
import { addMaintainCommand } from './commands/maintain.ts'
import { addMigrateCommand } from './commands/migrate.ts'
import { addSecretCommands } from './commands/secret.ts'
import { addUsageCommand } from './commands/usage.ts'
import { addUserCommands } from './commands/user.ts'
import { addWorkspaceCommands } from './commands/workspace.ts'
import { type Output, XwmsCommand } from './xwms-command.ts'

const NOTES = `
Environment:
  DATABASE_URL  the PostgreSQL database, such as postgres://user:password@localhost:5432/xwms
  XWMS_CONFIG   a module whose default export holds the application's XWMS options; its plans, scopes, keys,
                invoices and retention apply

Results go to standard output, everything else to standard error.
Exit codes: 0 done; 1 failed; 2 the command has to be given differently.

Examples:
  $ xwms migrate
  $ xwms user create --email ann@example.com
  $ xwms workspace create --name Acme --owner ann@example.com
  $ xwms client create --help`

/** The whole command line. Commands throw; nothing ends the process. */
export function createProgram(output: Output): XwmsCommand {
  const program = new XwmsCommand('xwms')
    .description('Manages an installation of XWMS: people, workspaces, clients and their usage.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand('help [command]', 'explain a command')
    .option('--json', 'print the result as JSON, and an error as one line of JSON')
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .configureOutput({
      writeOut: text => output.stdout.write(text),
      writeErr: text => output.stderr.write(text),
      // Errors reach run(), which gives them their one line.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText('after', NOTES)
  addMigrateCommand(program)
  addUserCommands(program)
  addWorkspaceCommands(program)
  addClientCommands(program)
  addDomainCommands(program)
  addSecretCommands(program)
  addKeysCommands(program)
  addUsageCommand(program)
  addLogCommand(program)
  addEventsCommand(program)
  addBlockCommands(program)
  addInvoiceCommands(program)
  addMaintainCommand(program)
  return program
}

/** commander's own words, and whether the option can be left out. */
function optionDescription(option: Option): string {
  const description = new Help().optionDescription(option)
  return option.mandatory ? `${description} (required)` : description
}

/** Read when it runs, because the manifest lies outside of what is compiled. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}
