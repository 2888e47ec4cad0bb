// The short form of `npm run chaos`: always the same seed, and just enough time for everything to happen.
import t from 'tap'
import { problemsOf, summaryOf } from './report.ts'
import { runScene } from './run.ts'
import { SCENES, type SceneName } from './scenes.ts'

const SEED = 1
const PROCESSES = 4
const SECONDS: Readonly<Record<SceneName, number>> = { refuse: 13, queue: 7, shutdown: 4 }

t.setTimeout(240_000)

const early = new AbortController()
t.teardown(() => early.abort())
process.once('SIGTERM', () => early.abort())

for (const [name, seconds] of Object.entries(SECONDS)) {
  const scene = SCENES[name as SceneName]
  t.test(`${scene.title}: nothing lost, nothing doubled`, async t => {
    const report = await runScene(scene, {
      ...{ seed: SEED, seconds, processes: PROCESSES },
      onProgress: t.comment.bind(t),
      signal: early.signal,
    })
    const again = `npm run chaos -- --mode ${name} --seed ${SEED}`
    t.strictSame(problemsOf(report), [], `${summaryOf(report)}\nrepeat with: ${again}`)
  })
}
