import t from 'tap'
import { writePosition } from '../../../src/lib/position.ts'
import { WORKSPACE_EVENT_TYPES, type WorkspaceEvent } from '../../../src/model/workspace-event.ts'
import { type Scene, scene } from './scene.ts'

function event(at: Scene, number: number, over: Partial<WorkspaceEvent> = {}): WorkspaceEvent {
  return {
    id: `evt_${number}`,
    at: new Date(at.now().getTime() + number * 1000),
    workspaceId: at.workspaceId,
    clientId: at.shop.client.id,
    type: 'usage.allowance',
    key: `key-${number}`,
    message: 'Half of the requests are used.',
    data: { percent: 50 },
    ...over,
  }
}

t.test('events come newest first, a page at a time, each once', async t => {
  const at = await scene()
  for (let number = 1; number <= 5; number++) await at.storage.workspaceEvents.record(event(at, number))
  const accessToken = await at.tokenOf('viewer', 'manage:read')
  const first = await at.manage(accessToken, '/events', { query: { limit: '2', type: 'usage.allowance' } })
  t.equal(first.status, 200)
  t.strictSame(first.body.events[0], {
    id: 'evt_5',
    at: event(at, 5).at.toISOString(),
    type: 'usage.allowance',
    client_id: at.shop.client.id,
    message: 'Half of the requests are used.',
    data: { percent: 50 },
  })
  const seen: string[] = []
  let page = first
  for (;;) {
    seen.push(...page.body.events.map(({ id }: { id: string }) => id))
    const link = page.headers.link
    t.equal(page.body.next_cursor === null, link === undefined)
    if (link === undefined) break
    const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(String(link)) ?? []
    const url = new URL(next)
    t.equal(url.origin + url.pathname, `https://id.example.com/manage/v1/workspaces/${at.workspaceId}/events`)
    t.equal(url.searchParams.get('cursor'), page.body.next_cursor)
    t.equal(url.searchParams.get('type'), 'usage.allowance', 'what else was asked goes on')
    page = await at.manage(accessToken, '/events', { query: url.search.slice(1) })
  }
  t.strictSame(seen, ['evt_5', 'evt_4', 'evt_3', 'evt_2', 'evt_1'])
})

t.test('they are asked for by type', async t => {
  const at = await scene()
  await at.storage.workspaceEvents.record(event(at, 1))
  await at.storage.workspaceEvents.record(event(at, 2, { type: 'abuse.secret_guessing' }))
  await at.storage.workspaceEvents.record(
    event(at, 3, { type: 'secret.unusual_address', clientId: undefined }),
  )
  const accessToken = await at.token({ scope: 'manage:read' })
  const types = async (query: string) =>
    (await at.manage(accessToken, '/events', { query })).body.events.map(({ type }: { type: string }) => type)
  t.strictSame(await types('type=abuse.secret_guessing'), ['abuse.secret_guessing'])
  t.strictSame(await types('type=secret.unusual_address,usage.allowance'), [
    'secret.unusual_address',
    'usage.allowance',
  ])
  t.strictSame(await types('type=usage.refused'), [])
  t.strictSame(await types(`type=${WORKSPACE_EVENT_TYPES}`), await types(''), 'every one of them')
  for (const query of [
    'type=',
    "type='--",
    'type=nope',
    'type=usage',
    'type=abuse.nope',
    `type=${'a'.repeat(5000)}`,
    'type=__proto__',
  ]) {
    const { status, body } = await at.manage(accessToken, '/events', { query })
    t.equal(status, 422, query)
    t.equal(body.fields['type.0'], `must be one of ${WORKSPACE_EVENT_TYPES.join(', ')}`)
  }
  const typo = await at.manage(accessToken, '/events', { query: 'type=usage.refused,nope' })
  t.match(typo.body.fields, { 'type.1': /^must be one of usage\.allowance, / })
})

t.test('a forged cursor leads nowhere, and never to somebody else', async t => {
  const at = await scene()
  const other = await at.client()
  const foreign = event(at, 9, { workspaceId: other.client.workspaceId, id: 'evt_foreign' })
  await at.storage.workspaceEvents.record(foreign)
  await at.storage.workspaceEvents.record(event(at, 1))
  const accessToken = await at.token()
  const seen = async (cursor: string) => at.manage(accessToken, '/events', { query: { cursor } })
  await at.storage.workspaceEvents.record(event(at, 0))
  const one = await at.manage(accessToken, '/events', { query: 'limit=1' })
  const question = one.body.next_cursor.slice(0, 12)
  const later = { at: new Date(foreign.at.getTime() + 1), id: 'evt_z' }
  for (const position of [foreign, later]) {
    const { body } = await seen(question + writePosition(position))
    t.strictSame(
      body.events.map(({ id }: { id: string }) => id),
      ['evt_1', 'evt_0'],
    )
  }
  const forged = Buffer.from("0 ' or 1=1 --").toString('base64url')
  for (const cursor of ['', 'x', 'AAAAAAAAAAAA', question, forged, question + forged, writePosition(later)]) {
    const { status, body } = await seen(cursor)
    t.equal(status, 422, cursor)
    t.match(body, { code: 'validation_failed', fields: { cursor: /next_cursor/ } })
  }
})
