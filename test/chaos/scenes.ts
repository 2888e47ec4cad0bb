import { type PlannedFault, type PlanOptions, planFaults } from './plan.ts'

export const SCENE_NAMES = ['refuse', 'queue', 'admit', 'after-response', 'shutdown'] as const
export type SceneName = (typeof SCENE_NAMES)[number]

/** A story that is told to the server processes, and what may come of it. */
export interface Scene {
  readonly name: SceneName
  readonly title: string
  /** The option `meter.whenUnavailable` of the processes. */
  readonly whenUnavailable: 'refuse' | 'queue' | 'admit'
  /** The option `meter.commit`. */
  readonly commit: 'before-response' | 'after-response'
  /** What may be answered and have no event, if anything. */
  readonly mayLose: 'nothing' | 'while away' | 'by SIGKILL'
  /** The shares of messages to PostgreSQL whose connection is cut, while a process is not left alone after a cut. */
  readonly cuts: { readonly commits: number; readonly others: number }
  /** Whether the bound of the limiter holds: not where requests are served while the database is away. */
  readonly limits: boolean
  readonly plan: (options: Pick<PlanOptions, 'seed' | 'seconds' | 'processes'>) => PlannedFault[]
}

/** Between two restarts of PostgreSQL in a long form; a short one has two all the same. */
const RESTART_SECONDS = 60

/** Faults of processes while PostgreSQL restarts every now and then. */
function storm(every: PlanOptions['every'], awaySeconds: number): Scene['plan'] {
  return options => {
    const restarts = Math.max(2, Math.round(options.seconds / RESTART_SECONDS))
    return planFaults({ ...options, every, restarts, awaySeconds, revokes: true })
  }
}

/** The cuts of a storm. */
const CUTS: Scene['cuts'] = { commits: 0.1, others: 0.02 }

export const SCENES: Readonly<Record<SceneName, Scene>> = {
  refuse: {
    name: 'refuse',
    title: 'killed processes, cut connections, restarts of PostgreSQL; 503 while it is away',
    whenUnavailable: 'refuse',
    commit: 'before-response',
    mayLose: 'nothing',
    cuts: CUTS,
    limits: true,
    plan: storm({ kill: 4, terminate: 5 }, 1.5),
  },
  queue: {
    name: 'queue',
    title: 'cut connections, restarts of PostgreSQL; served while it is away',
    whenUnavailable: 'queue',
    commit: 'before-response',
    mayLose: 'nothing',
    cuts: CUTS,
    limits: false,
    // The queue is memory: nobody is killed here.
    plan: storm({ terminate: 5 }, 2),
  },
  admit: {
    name: 'admit',
    title: 'cut connections, restarts of PostgreSQL; served while it is away, and not metered',
    whenUnavailable: 'admit',
    commit: 'before-response',
    mayLose: 'while away',
    cuts: CUTS,
    limits: false,
    // What was admitted when it was noticed, and is answered, waits in memory: nobody is killed here.
    plan: storm({ terminate: 5 }, 2),
  },
  'after-response': {
    name: 'after-response',
    title:
      'answered before the commit: killed and retired processes, cut connections, restarts of PostgreSQL',
    whenUnavailable: 'refuse',
    commit: 'after-response',
    mayLose: 'by SIGKILL',
    cuts: CUTS,
    limits: true,
    plan: storm({ kill: 4, retire: 6, terminate: 5 }, 1.5),
  },
  shutdown: {
    name: 'shutdown',
    title: 'processes replaced in order, by SIGTERM',
    whenUnavailable: 'refuse',
    commit: 'before-response',
    mayLose: 'nothing',
    cuts: { commits: 0, others: 0 },
    limits: true,
    plan: options =>
      planFaults({ ...options, every: { retire: 1.5 }, restarts: 0, awaySeconds: 0, revokes: true }),
  },
}
