/**
 * Chaos over server processes that share a PostgreSQL, and whether their books are right afterwards: `npm run chaos`. See
 * docs/chaos.md for what is done and what is promised.
 */
import { HELP, type Options, readOptions } from './options.ts'
import { asJson, problemsOf, type SceneReport, summaryOf } from './report.ts'
import { runScene } from './run.ts'
import { SCENES } from './scenes.ts'

/** Of the whole time, for each scene that is asked for. */
const SHARES = { refuse: 6, queue: 3, admit: 2, 'after-response': 3, shutdown: 1 } as const

const VERDICT = 'nothing lost that may not be, nothing doubled'

async function main(): Promise<number> {
  let options: Options
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('\n')[0]}\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const early = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => early.abort(name))
  try {
    const reports = await tellAll(options, early.signal)
    const problems = reports.flatMap(report =>
      problemsOf(report).map(text => `${report.scene.name}: ${text}`),
    )
    if (options.json)
      process.stdout.write(`${JSON.stringify({ scenes: reports.map(asJson) }, undefined, 2)}\n`)
    else process.stdout.write([...reports.map(summaryOf), ...verdictLines(problems), ''].join('\n'))
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(early.signal.aborted ? 'Ended early.\n' : `Broke off: ${(error as Error).stack}\n`)
    return 1
  }
}

async function tellAll(options: Options, signal: AbortSignal): Promise<SceneReport[]> {
  const { minutes, seed, processes, scenes } = options
  const shares = scenes.reduce((sum, name) => sum + SHARES[name], 0)
  const reports: SceneReport[] = []
  for (const name of scenes) {
    const seconds = Math.max(3, Math.round((minutes * 60 * SHARES[name]) / shares))
    const onProgress = (line: string) => process.stderr.write(`${name}: ${line}\n`)
    reports.push(await runScene(SCENES[name], { seed, seconds, processes, onProgress, signal }))
  }
  return reports
}

function verdictLines(problems: readonly string[]): string[] {
  if (problems.length === 0) return [`✓ ${VERDICT}`]
  return problems.map(problem => `✗ ${problem}`)
}

process.exit(await main())
