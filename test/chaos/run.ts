import { setTimeout as sleep } from 'node:timers/promises'
import { readBooks } from './books.ts'
import { type Driver, startDriver } from './driver.ts'
import { type Fleet, type Outages, startFleet } from './fleet.ts'
import { CALLERS, type Caller, type Installation, install, LIMIT } from './installation.ts'
import { lostWhileThere, lostWithoutKill } from './losses.ts'
import { type Notebook, openNotebook } from './notebook.ts'
import type { PlannedFault } from './plan.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { reconcile } from './reconcile.ts'
import type { SceneReport } from './report.ts'
import type { Scene } from './scenes.ts'
import { KINDS, type Kind } from './traffic.ts'
import { judge, type Verdict } from './verdict.ts'

export interface RunOptions {
  readonly seed: number
  readonly seconds: number
  readonly processes: number
  /** Told, now and then, how far it is. */
  readonly onProgress: (line: string) => void
  /** Ends it early; everything is cleaned up all the same. */
  readonly signal: AbortSignal
}

/** As many requests may be under way at once. */
const LANES = 16
/** How long nothing is done to the system at the end, still under load. */
const CALM_MS = 1500
/** How long it may take after that until every process answers. */
const RECOVERY_MS = 20_000
const NO_CUTS = { commits: 0, others: 0 }

interface Stage {
  readonly postgres: Postgres
  readonly installation: Installation
  readonly fleet: Fleet
  readonly driver: Driver
  readonly notebook: Notebook
}

/** Tells a scene to server processes of its own, on a PostgreSQL of its own, and compares the books afterwards. */
export async function runScene(scene: Scene, options: RunOptions): Promise<SceneReport> {
  const { seed, seconds, processes, onProgress, signal } = options
  const cleanUp: (() => Promise<void>)[] = []
  const began = new Date()
  try {
    onProgress(`starting PostgreSQL and ${processes} server processes`)
    const postgres = await startPostgres()
    cleanUp.push(() => postgres.remove())
    const installation = await install(postgres.url)
    const notebook = openNotebook()
    let isCalm = true
    let underWay = (_place: number) => 0
    const fleet = await startFleet({
      ...{ processes, seed, whenUnavailable: scene.whenUnavailable, commit: scene.commit },
      databaseUrl: postgres.url(),
      port: postgres.port,
      shares: () => (isCalm ? NO_CUTS : scene.cuts),
      onCut: place => notebook.fault('connections cut', underWay(place)),
      onEnd: notebook.end,
      onStderr: notebook.complain,
    })
    cleanUp.push(() => fleet.stop())
    const driver = startDriver({
      ...{ seed, name: `${scene.name}-${seed}`, lanes: LANES },
      credentials: installation.credentials,
      urls: () => fleet.places.map(({ url }) => url),
      onExchange: exchange => notebook.note(exchange, postgres.awaySince()),
    })
    cleanUp.push(() => driver.stop())
    underWay = driver.inFlight
    const stage: Stage = { postgres, installation, fleet, driver, notebook }

    await warmUp(stage, signal)
    isCalm = false
    await storm(scene.plan({ seed, seconds, processes }), seconds, stage, options)
    isCalm = true
    onProgress('calm')
    await sleep(CALM_MS, undefined, { signal })
    const recoveryMs = await recovery(stage, signal)
    await driver.stop()
    const lastWords = {
      doomed: await askEverywhere(stage, 'doomed'),
      limited: await useUpLimit(stage),
    }
    const outages = await Promise.all(fleet.places.map(place => place.outages()))
    notebook.ended(await fleet.retire())
    onProgress('reading the books')
    const reconciled = await reconcile(postgres.url(), began, new Date())
    const verdict = judge(notebook.answers, await postgres.use(readBooks))
    return {
      ...{ scene, seed, seconds, processes, recoveryMs, lastWords, reconciled, verdict },
      notes: notebook.notes(),
      cuts: fleet.places.map(({ proxy }) => proxy.cuts),
      unmetered: outages.reduce((sum, { unmetered }) => sum + unmetered, 0),
      unexplained: unexplained(scene, verdict, notebook, outages),
    }
  } finally {
    for (let undo = cleanUp.pop(); undo; undo = cleanUp.pop()) await undo()
  }
}

/** Those without an event that the scene does not allow to be lost. */
function unexplained(
  { mayLose }: Scene,
  { lost }: Verdict,
  notebook: Notebook,
  outages: readonly Outages[],
): readonly string[] {
  if (mayLose === 'nothing') return lost
  const isLost = new Set(lost)
  const served = [...notebook.served.values()]
  const lostOnes = served.filter(({ requestId }) => isLost.has(requestId))
  if (mayLose === 'while away')
    return lostWhileThere(
      lostOnes,
      outages.map(({ away }) => away),
    )
  const booked = served.filter(({ requestId }) => !isLost.has(requestId))
  return lostWithoutKill(lostOnes, booked, notebook.notes().ends)
}

/** Lets everything happen that is planned, when it is planned, and waits until it has happened. */
async function storm(
  plan: readonly PlannedFault[],
  seconds: number,
  stage: Stage,
  { onProgress, signal }: RunOptions,
): Promise<void> {
  const began = Date.now()
  const until = (ms: number) => sleep(Math.max(0, began + ms - Date.now()), undefined, { signal })
  const happening: Promise<void>[] = []
  for (const fault of plan) {
    await until(fault.atMs)
    onProgress(`${Math.round(fault.atMs / 1000)} of ${seconds} s: ${inWords(fault)}`)
    happening.push(bringAbout(fault, stage))
  }
  await until(seconds * 1000)
  await Promise.all(happening)
}

function inWords(fault: PlannedFault): string {
  switch (fault.kind) {
    case 'kill':
      return `SIGKILL for process ${fault.process}`
    case 'retire':
      return `SIGTERM for process ${fault.process}`
    case 'restart':
      return `PostgreSQL stops (${fault.stop}) for ${fault.awayMs} ms`
    case 'terminate':
      return 'pg_terminate_backend for every connection'
    case 'revoke':
      return 'a secret is revoked'
  }
}

async function bringAbout(fault: PlannedFault, stage: Stage): Promise<void> {
  const { postgres, fleet, driver, notebook } = stage
  const everyone = () => fleet.places.reduce((sum, _, place) => sum + driver.inFlight(place), 0)
  switch (fault.kind) {
    case 'kill':
      notebook.fault('processes killed', driver.inFlight(fault.process))
      await fleet.places[fault.process]?.replace('SIGKILL')
      break
    case 'retire':
      notebook.fault('processes retired', 0)
      notebook.ended([(await fleet.places[fault.process]?.replace('SIGTERM')) ?? 'was not there'])
      break
    case 'restart':
      notebook.fault(`PostgreSQL restarted (${fault.stop})`, everyone())
      await postgres.restart(fault.stop, fault.awayMs)
      break
    case 'terminate':
      notebook.fault('times every connection was terminated', everyone())
      // It may be away itself at the moment, or going.
      await postgres.use(client => client.query(TERMINATE)).catch(notebook.skip)
      break
    case 'revoke':
      await revoke(stage)
  }
}

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'xwms'`

/** Sooner or later PostgreSQL is there. */
async function revoke({ postgres, installation, notebook }: Stage): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await postgres.use(client => client.query('select'))
      await installation.revoke()
      notebook.revoked(Date.now())
      return
    } catch (error) {
      if (attempt === MOST_ATTEMPTS) throw error
      notebook.skip()
      await sleep(500)
    }
  }
}

const MOST_ATTEMPTS = 60

/** Waits until every process knows every caller: what is served while the database is away is served by what is known. */
async function warmUp(stage: Stage, signal: AbortSignal): Promise<void> {
  await recovery(stage, signal)
  for (const caller of CALLERS) await askEverywhere(stage, caller)
}

/** How long it takes until every process serves again. @throws {Error} when one does not */
async function recovery(stage: Stage, signal: AbortSignal): Promise<number> {
  const began = Date.now()
  for (;;) {
    const statuses = await askEverywhere(stage, 'live')
    const passed = Date.now() - began
    if (statuses.every(status => status === 200)) return passed
    if (passed > RECOVERY_MS) {
      const states = statuses.map((status, place) => (stage.fleet.places[place]?.url ? status : 'not there'))
      throw new Error(
        `The processes did not recover: ${states.join(', ')}. ${stage.notebook.notes().complaints}`,
      )
    }
    await sleep(100, undefined, { signal })
  }
}

/** Asks for more than is left of the small limit. @returns what every process answers then */
async function useUpLimit(stage: Stage): Promise<number[]> {
  for (let round = 0; round < LIMIT; round++) {
    const statuses = await askEverywhere(stage, 'limited')
    if (statuses.every(status => status === 429)) return statuses
  }
  return askEverywhere(stage, 'limited')
}

/** The statuses that a caller gets from each process. */
function askEverywhere({ fleet, driver }: Stage, caller: Caller): Promise<number[]> {
  return Promise.all(
    fleet.places.map(async ({ url }, place) => {
      if (url === undefined) return 0
      return (await driver.ask(url, place, caller, KINDS[0] as Kind)).status
    }),
  )
}
