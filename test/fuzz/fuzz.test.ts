import { ENDPOINTS } from '@xwms/core'
import t from 'tap'
import { runCampaign } from './campaign.ts'
import { PLACES } from './skeletons.ts'
import { TARGETS, withTarget } from './targets.ts'
import { problemsOf, summaryOf } from './verdict.ts'

const REQUESTS = 30_000
const LIMIT_SECONDS = 150
/** Always the same, so that a change is what makes this test fail; `npm run fuzz` takes another one each time. */
const SEED = 1

t.setTimeout((TARGETS.length * LIMIT_SECONDS + 60) * 1000)

t.test('every endpoint is under fire', async t => {
  const names = PLACES.map(({ name }) => name)
  for (const { method, path } of ENDPOINTS) t.ok(names.includes(`${method} ${path}`), `${method} ${path}`)
})

for (const planned of TARGETS) {
  const { framework, storage, share } = planned
  t.test(`malformed requests do no harm to ${framework} over ${storage}`, async t => {
    const report = await withTarget(planned, target =>
      runCampaign({ target, seed: SEED, requests: REQUESTS * share, limitSeconds: LIMIT_SECONDS }),
    )
    const again = `npm run fuzz -- --seed ${SEED} --framework ${framework} --storage ${storage}`
    t.strictSame(problemsOf(report), [], `${summaryOf(report)}; repeat with: ${again}`)
  })
}
