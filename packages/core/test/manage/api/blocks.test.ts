import t from 'tap'
import type { Block } from '../../../src/model/block.ts'
import { type Scene, scene } from './scene.ts'

function block(at: Scene, number: number, over: Partial<Block> = {}): Block {
  const createdAt = new Date(at.now().getTime() + number)
  return {
    id: `blk_${number}`,
    subject: `ip:secret 192.0.2.${number}`,
    answer: 'block',
    reason: 'secret_guessing',
    score: 120,
    workspaceId: at.workspaceId,
    clientId: at.shop.client.id,
    exempt: ['198.51.100.0/24'],
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 60_000),
    liftedAt: undefined,
    facts: { failures: 12 },
    ...over,
  }
}

t.test('a workspace sees its blocks, newest first, those that are over too', async t => {
  const at = await scene()
  for (let number = 1; number <= 3; number++) await at.storage.blocks.add(block(at, number))
  at.pass(60.002)
  const accessToken = await at.tokenOf('viewer', 'manage:read')
  const { status, body } = await at.manage(accessToken, '/blocks', { query: { limit: '2' } })
  t.equal(status, 200)
  t.strictSame(body.blocks[0], {
    id: 'blk_3',
    subject: 'ip:secret 192.0.2.3',
    answer: 'block',
    reason: 'secret_guessing',
    score: 120,
    client_id: at.shop.client.id,
    in_force: true,
    created_at: block({ ...at, now: () => new Date(at.now().getTime() - 60_002) }, 3).createdAt.toISOString(),
    expires_at: new Date(at.now().getTime() + 1).toISOString(),
    lifted_at: null,
    exempt: ['198.51.100.0/24'],
    facts: { failures: 12 },
  })
  t.equal(body.blocks[1].in_force, false)
  const rest = await at.manage(accessToken, '/blocks', { query: { cursor: body.next_cursor } })
  t.match(rest.body, { blocks: [{ id: 'blk_1' }], next_cursor: null })
  t.equal(rest.body.blocks.length, 1)
})

t.test('who may lifts a block before its time, and it is over for every process', async t => {
  const at = await scene()
  await at.storage.blocks.add(block(at, 1))
  const reading = await at.token({ scope: 'manage:read' })
  t.match(await at.manage(reading, '/blocks/blk_1', { method: 'DELETE' }), {
    status: 403,
    body: { code: 'insufficient_scope' },
  })
  t.match(await at.manage(await at.tokenOf('viewer'), '/blocks/blk_1', { method: 'DELETE' }), {
    status: 403,
    body: { code: 'not_permitted' },
  })
  t.equal((await at.storage.blocks.active(at.now())).length, 1, 'it holds')

  const accessToken = await at.tokenOf('developer')
  const lifted = await at.manage(accessToken, '/blocks/blk_1', { method: 'DELETE' })
  t.match(lifted, { status: 200, body: { id: 'blk_1', in_force: false, lifted_at: at.now().toISOString() } })
  t.strictSame(await at.storage.blocks.active(at.now()), [])
  at.pass(1)
  const again = await at.manage(accessToken, '/blocks/blk_1', { method: 'DELETE' })
  t.strictSame([again.status, again.body], [200, lifted.body], 'and stays as it is')
  t.match(await at.storage.audit.list(at.workspaceId, 1), [
    { action: 'block.lifted', actor: '4713', ip: '203.0.113.10', target: 'blk_1' },
  ])
})

t.test('the block of somebody else is neither seen nor lifted', async t => {
  const at = await scene()
  const other = await at.client()
  await at.storage.blocks.add(block(at, 1, { workspaceId: other.client.workspaceId }))
  await at.storage.blocks.add(block(at, 2, { workspaceId: undefined, clientId: undefined }))
  const accessToken = await at.token()
  t.strictSame((await at.manage(accessToken, '/blocks')).body, { blocks: [], next_cursor: null })
  for (const id of ['blk_1', 'blk_2', 'blk_unknown'])
    t.match(await at.manage(accessToken, `/blocks/${id}`, { method: 'DELETE' }), {
      status: 404,
      body: { code: 'block_not_found' },
    })
  t.equal((await at.storage.blocks.active(at.now())).length, 2)
})
