import t from 'tap'
import { installation } from '../../installation.ts'
import { type Scene, scene } from './scene.ts'

const LIMIT = { requests: 3, windowSeconds: 60 }

const statuses = async (at: Scene, accessToken: string, times: number, path = '/plan') => {
  const found: number[] = []
  for (let count = 0; count < times; count++) found.push((await at.manage(accessToken, path)).status)
  return found
}

t.test('who calls too often is told when to come back, and what is left before that', async t => {
  const at = await scene({ management: { rateLimit: LIMIT } })
  const accessToken = await at.token()
  const policy = '"management";q=3;w=60'
  const first = await at.manage(accessToken, '/plan')
  t.match(first, {
    status: 200,
    headers: { 'ratelimit-policy': policy, ratelimit: /^"management";r=2;t=\d+$/ },
  })
  t.match((await at.manage(accessToken, '/nothing-here/x')).status, 404)
  t.strictSame(await statuses(at, accessToken, 3), [200, 200, 429])
  const { status, headers, body } = await at.manage(accessToken, '/usage')
  t.match(body, {
    status: 429,
    code: 'rate_limited',
    detail: /More than 3 requests in 60 s/,
    fix: /Retry-After/,
    request_id: headers['x-request-id'],
  })
  const wait = Number(headers['retry-after'])
  t.ok(status === 429 && wait > 0 && wait <= 60)
  t.match(headers, { 'ratelimit-policy': policy, ratelimit: `"management";r=0;t=${wait}` })
  t.match(headers['access-control-expose-headers'], /\bratelimit, ratelimit-policy\b/)
  at.pass(wait)
  t.strictSame(await statuses(at, accessToken, 4), [200, 200, 200, 429])
})

t.test(
  'it is counted by whose token it is: further tokens do not help, and nobody takes from another',
  async t => {
    const at = await scene({ management: { rateLimit: LIMIT } })
    t.strictSame(await statuses(at, await at.token(), 4), [200, 200, 200, 429])
    t.strictSame(await statuses(at, await at.token({ scope: 'manage:read' }), 1), [429])
    t.strictSame(await statuses(at, await at.tokenOf('owner'), 4), [200, 200, 200, 429])
    t.strictSame(await statuses(at, await at.tokenOf('owner'), 1), [429])
    t.strictSame(await statuses(at, await at.tokenOf('viewer'), 1), [200])
  },
)

t.test('whoever tries out workspaces, or asks for what they may not, is counted', async t => {
  const at = await scene({ management: { rateLimit: LIMIT } })
  const accessToken = await at.token({ scope: 'manage:read' })
  const headers = { authorization: `Bearer ${accessToken}` }
  const found = []
  for (const id of ['ws_1', 'ws_2']) {
    const answer = await at.ask('GET', `/manage/v1/workspaces/${id}/plan`, { headers })
    t.match(answer.headers, { ratelimit: /^"management";/ })
    found.push(answer.status)
  }
  const patch = await at.manage(accessToken, '/limits', { method: 'PATCH' })
  t.strictSame([...found, patch.status, ...(await statuses(at, accessToken, 1))], [404, 404, 403, 429])
})

t.test('until a token is proven there is one answer, however often: nothing is counted or told', async t => {
  const at = await scene({ management: { rateLimit: LIMIT } })
  const other = await at.token({ resource: '' })
  const answers = []
  for (const accessToken of ['xwms_at_nothing', other]) {
    for (let count = 0; count < 5; count++) {
      const { status, headers } = await at.manage(accessToken, '/plan')
      const { 'x-request-id': _, ...rest } = headers
      answers.push(JSON.stringify({ status, rest }))
    }
  }
  t.equal(new Set(answers).size, 1)
  t.match(answers[0], /"status":401/)
  t.notMatch(answers[0], /"ratelimit"|retry-after":/)
  t.strictSame(await statuses(at, await at.token(), 3), [200, 200, 200])
})

t.test('of a burst as many are admitted as there may be, exactly', async t => {
  const at = await scene({ management: { rateLimit: { requests: 20, windowSeconds: 60 } } })
  const accessToken = await at.token()
  const answers = await Promise.all(Array.from({ length: 50 }, () => at.manage(accessToken, '/plan')))
  t.equal(answers.filter(({ status }) => status === 200).length, 20)
  t.equal(answers.filter(({ status }) => status === 429).length, 30)
})

t.test('several processes count together, within the bound of the limiter', async t => {
  const options = { management: { rateLimit: { requests: 20, windowSeconds: 60 } } }
  const at = await scene(options)
  const second = installation(options, () => at.storage)
  const headers = { authorization: `Bearer ${await at.token()}` }
  let admitted = 0
  for (let count = 0; count < 30; count++) {
    const { ask } = count % 2 ? at : second
    const { status } = await ask('GET', `/manage/v1/workspaces/${at.workspaceId}/plan`, { headers })
    if (status === 200) admitted++
  }
  // Two processes with one unwritten admission each.
  t.ok(admitted >= 20 && admitted <= 21, String(admitted))
})

t.test('the owner reads of it in the request log, and it is no usage', async t => {
  const at = await scene({ management: { rateLimit: LIMIT } })
  const accessToken = await at.token()
  await statuses(at, accessToken, 4)
  await at.kit.close()
  const [from, to] = [new Date(0), new Date(at.now().getTime() + 1)]
  t.match(await at.storage.requestLog.search({ workspaceId: at.workspaceId, from, to, limit: 10 }), [
    {
      refusedBy: 'rate_limited',
      status: 429,
      clientId: at.shop.client.id,
      route: 'GET /manage/v1/workspaces/:workspace_id/plan',
    },
  ])
  t.strictSame(await at.storage.usage.events({ workspaceId: at.workspaceId, from, to }, 10), [])
})

t.test('there is a limit unless it is taken away', async t => {
  const at = await scene()
  const { headers } = await at.manage(await at.token(), '/plan')
  t.equal(headers['ratelimit-policy'], '"management";q=600;w=60')
  const unlimited = await scene({ management: { rateLimit: false } })
  const answer = await unlimited.manage(await unlimited.token(), '/plan')
  t.strictSame([answer.status, answer.headers.ratelimit], [200, undefined])
})
