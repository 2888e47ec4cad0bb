/**
 * Runs the tests: `npm test`, or `npm test -- <file> …`.
 *
 *     npm test                    everything but the browser tests
 *     npm test -- --browser       the browser tests, which need Chromium
 *     npm test -- --all           both
 *
 * Starts a PostgreSQL of its own unless DATABASE_URL names a server. The raw TAP is in .test-output/results.tap; the last
 * line that is printed counts the assertions.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPostgresServer } from '../test/support/postgres-server.ts'
import { reportTap, type Tally, tallyLine } from '../test/support/tap-report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tapManifest = createRequire(import.meta.url).resolve('tap/package.json')
const tap = join(dirname(tapManifest), JSON.parse(readFileSync(tapManifest, 'utf8')).bin.tap)

const compileCache = join(root, 'node_modules', '.cache', 'compiled')

const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 }

/** The test files that were asked for, relative to the root. */
function testFiles(given: readonly string[], { browser, all }: { browser: boolean; all: boolean }): string[] {
  if (given.length > 0) return given.map(file => relative(root, resolve(file)))
  const found = globSync(['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: path => path.includes('node_modules'),
  })
  const inBrowser = (file: string) => file.startsWith(join('test', 'browser', '/'))
  return found.filter(file => all || inBrowser(file) === browser).sort()
}

/** tap assembles itself from its plugins before the first run, and again when .taprc names others. */
function assembleTap(): void {
  const stamp = join(root, '.tap', 'assembled')
  // The result is looked at too: installing dependencies puts back tap as it was published.
  const result = join(
    dirname(createRequire(tapManifest).resolve('@tapjs/test')),
    '../../test-built/src/index.ts',
  )
  const state = () => {
    const digest = createHash('sha256')
    for (const file of [join(root, '.taprc'), tapManifest, result]) {
      if (existsSync(file)) digest.update(readFileSync(file))
    }
    return digest.digest('hex')
  }
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state()) return
  const { status, stdout, stderr } = spawnSync(process.execPath, [tap, 'build'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tap build failed.\n${stdout}${stderr}`)
  writeFileSync(stamp, state())
}

/** Aborted, with the signal's name as the reason, when the run is to end early; whatever was started is still stopped. */
function earlyEnd(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort(name))
  return controller.signal
}

/** Runs tap over the files, showing what happens. Resolves with the tally, which has a failure whenever tap says so. */
async function runTap(files: readonly string[], databaseUrl: string, ending: AbortSignal): Promise<Tally> {
  const child = spawn(process.execPath, [tap, 'run', '--reporter=tap', '--no-color', ...files], {
    cwd: root,
    // Every file is a process that compiles the same sources; it takes them from there.
    env: { ...process.env, XWMS_TEST_DATABASE_URL: databaseUrl, NODE_COMPILE_CACHE: compileCache },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own, so that a test file goes down with it and does not outlive the run.
    detached: true,
  })
  ending.addEventListener('abort', () => child.pid && process.kill(-child.pid, 'SIGKILL'))
  mkdirSync(join(root, '.test-output'), { recursive: true })
  child.stdout.pipe(createWriteStream(join(root, '.test-output', 'results.tap')))
  const ended = new Promise<number>(done => child.on('close', code => done(code ?? 1)))
  const tally = await reportTap(child.stdout, line => console.log(line))
  const status = await ended
  if (status !== 0 && tally.failed === 0) {
    console.log(`  ✗ tap ended with exit code ${status}`)
    tally.failed = 1
  }
  return tally
}

/** What a shell answers for a program that a signal ended. */
function exitCodeOf(ending: AbortSignal): number {
  return 128 + constants.signals[ending.reason as NodeJS.Signals]
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { browser: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
  })
  const files = testFiles(positionals, values)
  const missing = files.filter(file => !existsSync(join(root, file)))
  if (missing.length > 0 || files.length === 0) {
    console.log(
      missing.length > 0 ? `There is no test file ${missing.join(', ')}.` : 'No test file was found.',
    )
    console.log(tallyLine(NOTHING))
    return 1
  }
  assembleTap()
  const ending = earlyEnd()
  const started = Date.now()
  const server = process.env.DATABASE_URL ? undefined : await startPostgresServer()
  try {
    if (ending.aborted) return exitCodeOf(ending)
    console.log(`Running ${files.length} test file${files.length === 1 ? '' : 's'}`)
    const tally = await runTap(files, server?.url ?? process.env.DATABASE_URL ?? '', ending)
    console.log(`\nDone in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    console.log(tallyLine(tally))
    if (ending.aborted) return exitCodeOf(ending)
    return tally.failed > 0 || tally.passed === 0 ? 1 : 0
  } finally {
    await server?.stop()
  }
}

main().then(
  status => process.exit(status),
  (error: Error) => {
    console.log(error.message)
    console.log(tallyLine({ ...NOTHING, failed: 1 }))
    process.exit(1)
  },
)
