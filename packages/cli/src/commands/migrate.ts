import { migrate } from '@xwms/storage-kysely'
import type { Command } from 'commander'
import { databaseUrl } from '../database.ts'
import { writeResult } from '../result.ts'

const HELP = `
Safe to run again, and from several places at once: each migration is applied once.

Examples:
  $ xwms migrate
  $ xwms migrate --json`

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the tables of the database up to date')
    .addHelpText('after', HELP)
    .action(async (_options: object, command: Command) => {
      const applied = await migrate(databaseUrl())
      const text =
        applied.length === 0
          ? 'The tables are up to date.'
          : applied.map(name => `applied ${name}`).join('\n')
      writeResult({ json: { applied }, text }, command)
    })
}
