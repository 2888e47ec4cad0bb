/**
 * Measures XWMS as an OAuth server, against others: `npm run -s bench:oauth`.
 *
 * Each contender is a server in a process of its own, alone on one core, with one confidential client and as many people
 * signed in as there are connections, up to 32. Workload by workload the contenders take turns, so that whatever else the
 * machine does meets all of them alike, and only one is under load at a time. Requests are the same for all, down to the
 * length of the credentials; access tokens are opaque, ID tokens are signed with ES256. Every answer is checked.
 *
 * What each contender is told, and why, is in its file in `servers/`.
 */
import { emptyDatabase } from '../../support/database.ts'
import type { Load } from '../cannon.ts'
import { type Child, startChild } from '../child.ts'
import { provideDatabase } from '../database.ts'
import { describeMachine, loadAverage, type Pinning, pinCores } from '../machine.ts'
import { type CleanUp, progress, run } from '../program.ts'
import { summarise, type Turn } from '../results.ts'
import { takeTurn } from '../turn.ts'
import type { Contender } from './contenders.ts'
import { drive } from './drive.ts'
import { HELP, type Options, readOptions, SIGNATURE } from './options.ts'
import { asJson, asTable, describeNoise, type Section } from './report.ts'
import type { Introduction } from './server.ts'
import { PEOPLE } from './setting.ts'
import { signIn } from './sign-in.ts'
import { versions } from './versions.ts'
import type { SignedIn, Workload } from './workloads.ts'

/** A contender whose server is up, with people signed in there. */
interface Running {
  readonly contender: Contender
  readonly server: Child
  readonly introduction: Introduction
  readonly people: readonly SignedIn[]
}

async function measure(options: Options, cleanUp: CleanUp): Promise<void> {
  const { contenders, workloads } = options
  const pinning = pinCores()
  const needsDatabase = workloads.length > 0 && contenders.some(({ storage }) => storage === 'postgres')
  const database = needsDatabase ? await provideDatabase(cleanUp) : 'not needed'
  progress(`${describeMachine()}; ${pinning.description}.`)
  const loadBefore = loadAverage()

  const sections: Section[] = []
  if (workloads.length > 0) {
    const running: Running[] = []
    for (const contender of contenders) running.push(await start(contender, pinning, options, cleanUp))
    for (const workload of workloads) sections.push(await compare(workload, running, options))
  }
  if (options.signature) sections.push(await sign(pinning, options, cleanUp))

  const measured = versions()
  process.stdout.write(
    options.json
      ? `${asJson(sections, measured)}\n`
      : [
          `OAuth servers in Express: medians of ${options.rounds} rounds (minimum–maximum)`,
          '',
          ...sections.flatMap(section => [asTable(section), '']),
          `Versions:    ${Object.entries(measured)
            .map(([name, version]) => `${name} ${version}`)
            .join(', ')}`,
          `Machine:     ${describeMachine()}`,
          `Cores:       ${pinning.description}`,
          `Load:        ${options.connections} connections for ${options.seconds} s a turn, one contender at a time`,
          `PostgreSQL:  ${database}`,
          `Noise:       ${describeNoise(sections)}; load average ${loadBefore} before, ${loadAverage()} after`,
          '',
        ].join('\n'),
  )
}

async function start(
  contender: Contender,
  pinning: Pinning,
  { connections, profile }: Options,
  cleanUp: CleanUp,
): Promise<Running> {
  progress(`starting ${contender.name}`)
  const env: Record<string, string> = { NODE_ENV: 'production' }
  if (contender.storage === 'postgres') {
    const database = await emptyDatabase()
    cleanUp.push(database.drop)
    env.DATABASE_URL = database.url
  }
  const server = await startChild(new URL('server.ts', import.meta.url), {
    args: [contender.name],
    nodeFlags:
      profile === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${contender.name}.cpuprofile`],
    env,
    wrapper: pinning.server,
  })
  cleanUp.push(server.stop)
  const introduction = await server.ask<Introduction>('introduction')
  const people: SignedIn[] = []
  for (const person of PEOPLE.slice(0, connections))
    people.push(await naming(contender, signIn(introduction, person)))
  return { contender, server, introduction, people }
}

/** Lets the contenders take turns at a workload. */
async function compare(
  workload: Workload,
  running: readonly Running[],
  { rounds, seconds, warmUp, connections }: Options,
): Promise<Section> {
  const turns = new Map<string, Turn[]>(running.map(({ contender }) => [contender.name, []]))
  const ask = (one: Running, seconds: number) =>
    naming(one.contender, drive(one.introduction.origin, scripts(workload, one, connections), seconds))
  for (const one of running) {
    progress(`${workload.name}: warming up ${one.contender.name}`)
    await ask(one, warmUp)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const one of running) {
      const turn = await takeTurn(one.server, seconds => ask(one, seconds), seconds)
      turns.get(one.contender.name)?.push(turn)
      progress(`${workload.name}, round ${round} of ${rounds}, ${one.contender.name}: ${inWords(turn)}`)
    }
  }
  const contenders = running.map(({ contender }) => contender)
  return { workload: workload.name, unit: workload.unit, results: summarise(contenders, turns) }
}

function scripts(workload: Workload, { introduction, people }: Running, connections: number) {
  return Array.from({ length: connections }, (_, index) =>
    workload.steps(introduction, people[index % people.length] as SignedIn),
  )
}

/** How long a signature takes, which comes with every ID token. */
async function sign(
  pinning: Pinning,
  { rounds, seconds, warmUp }: Options,
  cleanUp: CleanUp,
): Promise<Section> {
  const turns: Turn[] = []
  const signer = await startChild(new URL('signature.ts', import.meta.url), {
    args: [String(seconds)],
    env: { NODE_ENV: 'production' },
    wrapper: pinning.server,
  })
  cleanUp.push(signer.stop)
  for (let warm = 0; warm < warmUp; warm += seconds) await signer.ask('sign')
  for (let round = 1; round <= rounds; round++) {
    const before = await signer.ask<number>('cpu')
    const { requests, seconds, p50Ms, p99Ms } = await signer.ask<Load>('sign')
    const after = await signer.ask<number>('cpu')
    const cpuMicrosPerRequest = (after - before) / requests
    turns.push({ requestsPerSecond: requests / seconds, cpuMicrosPerRequest, p50Ms, p99Ms })
  }
  const row = { name: 'jose' }
  const results = summarise([row], new Map([[row.name, turns]]))
  return { workload: SIGNATURE, unit: 'signature', results }
}

function inWords({ requestsPerSecond, cpuMicrosPerRequest }: Turn): string {
  return `${Math.round(requestsPerSecond)}/s, ${cpuMicrosPerRequest.toFixed(1)} µs`
}

/** Says with what goes wrong whose fault it is. */
async function naming<Value>({ name }: Contender, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`)
  }
}

process.exit(await run({ help: HELP, readOptions, measure }))
