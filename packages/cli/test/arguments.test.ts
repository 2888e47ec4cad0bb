import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import t from 'tap'
import { createProgram } from '../src/program.ts'
import { run } from '../src/run.ts'
import { main, xwms, xwmsProcess } from './command.ts'

delete process.env.DATABASE_URL

t.test('a command that cannot work gets one line and exit code 2', async t => {
  const table: [args: string, line: RegExp][] = [
    ['frobnicate', /unknown command 'frobnicate'/],
    ['client', /a command is missing/],
    ['client crate', /unknown command 'crate' \(Did you mean create\?\)/],
    ['migrate --force', /unknown option '--force'/],
    ['migrate now', /too many arguments/],
    ['user create', /'--email <address>' not specified/],
    ['user create --email', /argument missing/],
    ['user create --email a@example.com --password x --password-stdin', /cannot be used with/],
    ['domain add --client c --host h --mode production', /Allowed choices are test, live/],
    ['secret create --client c --expires-in-days 0', /whole number from 1 to 3650/],
    ['secret create --client c --expires-in-days 1.5', /whole number from 1 to 3650/],
    ['usage', /--workspace or --client/],
    ['usage --client c --by weather', /'weather' is invalid\. Allowed choices are client, domain, route/],
    ['usage --client c --by month', /asked for with --interval month/],
    ['usage reconcile', /give --month, or --from and --to/],
    ['usage --client c --interval week', /Allowed choices are hour, day, month, none/],
    ['log', /--workspace or --client/],
    ['log --client c --follow --from 2026-01-01', /cannot be used with/],
    ['log --client c --status 1000', /whole number from 100 to 599/],
    ['events', /'--workspace <id>' not specified/],
    ['block lift', /'--block <id>' not specified/],
    ['workspace update --workspace w --plan-status paused', /Allowed choices are active, inactive/],
    ['workspace update --workspace w --spend-cap 1e3', /Give an amount of euro/],
    ['workspace update --workspace w --spend-cap 0.0000000001', /Give an amount of euro/],
    ['workspace update --workspace w --spend-cap 9999999.99', /Give an amount of euro/],
    ['workspace update --workspace w --request-cap -1', /Give a whole number/],
    ['client update --client c --rate-limit 100', /Give requests in a time/],
    ['client update --client c --rate-limit 0/60s', /Give requests in a time/],
    ['client update --client c --rate-limit 5/25h', /Give requests in a time/],
    ['client update --client c --rate-limit 5/0s', /Give requests in a time/],
    ['usage --client c --from yesterday', /Give a day/],
    ['usage --client c --from 2026-02-31', /Give a day/],
    ['usage --client c --to 2026-02-01T10:30Z', /Give a whole hour/],
    ['migrate', /DATABASE_URL is not set/],
    ['usage --client c', /DATABASE_URL is not set/],
  ]
  const written = t.capture(process.stderr, 'write', () => true)
  for (const [args, line] of table) {
    t.equal(await run(args.split(' ')), 2, args)
    const lines = written().map(call => call.args[0])
    t.equal(lines.length, 1)
    t.match(lines[0], /^error: [^\n]+\n$/)
    t.match(lines[0], line)
  }
})

t.test('the process ends with that exit code and prints nothing else', async t => {
  const { code, stdout, stderr } = await xwmsProcess(['migrate', '--force'])
  t.same({ code, stdout, stderr }, { code: 2, stdout: '', stderr: "error: unknown option '--force'\n" })
})

t.test('everything that is wrong with the options is named at once', async t => {
  const table: [args: string, problems: readonly RegExp[]][] = [
    [
      'domain add --mode production --host h',
      [
        /^error: option '--mode .* Allowed choices are test, live\.$/,
        /^required option '--client <id>' not specified$/,
      ],
    ],
    ['user create --password x --password-stdin', [/'--email <address>'/, /cannot be used with/]],
    ['usage --from yesterday --by weather --csv', [/Give a day/, /Allowed choices/, /give --workspace/]],
    ['client create --nam Shop --link --public', [/--workspace/, /--name/, /'--nam' .*--name/, /'--link'$/]],
    [
      'client update --sliding --rate-limit 5/0s --profile x',
      [/Give requests/, /choices/, /--client/, /--sliding/],
    ],
  ]
  for (const [args, problems] of table) {
    const { code, stderr } = await xwms(args.split(' '))
    t.equal(code, 2, args)
    const named = stderr.trimEnd().split('; ')
    t.equal(named.length, problems.length, stderr)
    t.match(named, problems)
  }
})

t.test('a reader that has seen enough is no failure', async t => {
  const piped = `("${process.execPath}" "${main}" --help; echo "ended with $?" >&2) | true`
  const { stderr } = await promisify(execFile)('sh', ['-c', piped])
  t.equal(stderr, 'ended with 0\n')
})

t.test('CSV is no JSON', async t => {
  const written = t.capture(process.stderr, 'write', () => true)
  t.equal(await run(['usage', '--client', 'c', '--csv', '--json']), 2)
  t.match(written()[0]?.args[0], /--csv cannot be used with --json/)
})

t.test('with --json an error is one line of JSON', async t => {
  const { code, stdout, stderr } = await xwms(['user', 'create', '--json'])
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /^[^\n]+\n$/)
  t.match(JSON.parse(stderr), { error: { code: 'invalid_arguments', message: /--email/ } })
})

t.test('with --json each option that is at fault is named', async t => {
  const table: [args: string, options: Record<string, RegExp>][] = [
    ['user create', { '--email': /^required option '--email <address>' not specified$/ }],
    ['usage reconcile --from 2026-11 --to 2026-10', { '--from': /^must not be after --to$/ }],
    ['usage reconcile', { '--month': /^give --month, or --from and --to$/ }],
    ['invoice close', { '--month': /not specified$/ }],
    ['invoice close --month October', { '--month': /Give a month such as 2026-10\.$/ }],
    ['usage reconcile --month 2026-10 --too', { '--too': /unknown option/ }],
    [
      'usage --from yesterday --by weather --csv',
      { '--from': /Give a day/, '--by': /choices/, '--workspace': /^give/, '--csv': /--json/ },
    ],
    ['nonsense', {}],
    ['invoice', {}],
  ]
  for (const [args, options] of table) {
    const { code, stderr } = await xwms([...args.split(' '), '--json'])
    t.equal(code, 2, args)
    const told: { option: string; problem: string }[] = JSON.parse(stderr).error.options
    t.match(Object.fromEntries(told.map(({ option, problem }) => [option, problem])), options, args)
    t.equal(told.length, Object.keys(options).length, args)
  }
})

t.test('what is said below the options of a command breaks at the ends of sentences', async t => {
  for (const args of [
    ['usage', 'reconcile'],
    ['invoice', 'close'],
  ]) {
    const { stdout } = await xwms([...args, '--help'])
    const [, text = ''] = stdout.split(/\n {2}--json [^\n]*\n/)
    const lines = text.split('\nExamples:')[0]?.trim().split('\n') ?? []
    t.ok(lines.length > 2, args.join(' '))
    for (const line of lines) t.match(line, /^[A-Z].{0,118}[.)]$/, line)
  }
})

t.test('a database that cannot be reached is a failure, told in one line without the password', async t => {
  const env = { DATABASE_URL: 'postgres://xwms:hunter2@127.0.0.1:1/xwms' }
  for (const args of [['migrate'], ['client', 'list', '--workspace', 'ws_1']]) {
    const { code, stderr } = await xwms(args, env)
    t.equal(code, 1, args.join(' '))
    t.match(stderr, /^error: No PostgreSQL answers at 127\.0\.0\.1:1\.[^\n]+\n$/)
    t.notMatch(stderr, 'hunter2')
  }
})

t.test('a DATABASE_URL that cannot be read is told in one line without the password', async t => {
  const { code, stderr } = await xwms(['migrate'], { DATABASE_URL: 'postgres://ann:hunter2@host:port/x' })
  t.not(code, 0)
  t.match(stderr, /^error: [^\n]+\n$/)
  t.notMatch(stderr, 'hunter2')
})

t.test('help and version need no database', async t => {
  const help = await xwms(['client', 'create', '--help'])
  t.match(help, {
    code: 0,
    stdout: /^Usage: xwms client create [\s\S]*--workspace <id> [^\n]+\(required\)/,
    stderr: '',
  })
  t.match(await xwms(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  t.match(await xwms([]), { code: 0, stdout: /Commands:/, stderr: '' })
})

t.test('the help of every command has a description and an example of it', async t => {
  for (const command of endsOf(createProgram(process))) {
    const names = [command.name()]
    for (let parent = command.parent; parent; parent = parent.parent) names.unshift(parent.name())
    const name = names.join(' ')
    let help = ''
    command.configureOutput({ writeOut: text => (help += text) }).outputHelp()
    t.match(help, `Usage: ${name}`)
    t.match(help, `Examples:\n  $ ${name}`)
    t.ok(command.description(), name)
  }
})

/** The commands that do something themselves. */
function endsOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(endsOf)
}
