import t from 'tap'
import { liftBlock } from '../../src/manage/blocks.ts'
import type { Block } from '../../src/model/block.ts'
import { environment, NOW, refusal } from './environment.ts'

const BLOCK: Block = {
  id: 'blk_1',
  subject: 'ip:secret 192.0.2.7',
  answer: 'block',
  reason: 'secret_guessing',
  score: 120,
  workspaceId: 'ws_1',
  clientId: 'cl_1',
  exempt: [],
  createdAt: NOW,
  expiresAt: new Date(NOW.getTime() + 60_000),
  liftedAt: undefined,
  facts: { failures: 12 },
}

t.test('a block is lifted once; who does it, and what it was, stands in the audit', async t => {
  const env = environment()
  await env.storage.blocks.add(BLOCK)
  t.strictSame(await liftBlock(env, BLOCK.id, 'ws_1'), {
    block: { ...BLOCK, liftedAt: NOW },
    outcome: 'lifted',
  })
  t.strictSame(await env.storage.blocks.active(NOW), [])
  const again = await liftBlock({ ...env, now: new Date(NOW.getTime() + 1000) }, BLOCK.id)
  t.strictSame(again, { block: { ...BLOCK, liftedAt: NOW }, outcome: 'already_over' })
  const audit = await env.storage.audit.list('ws_1', 10)
  t.match(audit, [
    {
      action: 'block.lifted',
      actor: 'test',
      ip: '192.0.2.1',
      target: 'blk_1',
      before: { reason: 'secret_guessing' },
      after: { liftedAt: NOW.toISOString() },
    },
  ])
  t.equal(audit.length, 1)
})

t.test('one that expired is over', async t => {
  const env = { ...environment(), now: BLOCK.expiresAt }
  await env.storage.blocks.add(BLOCK)
  t.match(await liftBlock(env, BLOCK.id), { block: { liftedAt: undefined }, outcome: 'already_over' })
})

t.test('the block of another workspace, or of none, is not there', async t => {
  const env = environment()
  await env.storage.blocks.add(BLOCK)
  await env.storage.blocks.add({ ...BLOCK, id: 'blk_2', subject: 'login:sign_in x', workspaceId: undefined })
  for (const id of ['blk_1', 'blk_2', 'blk_3'])
    t.match(await refusal(liftBlock(env, id, 'ws_2')), { code: 'block_not_found' }, id)
  t.equal((await env.storage.blocks.active(NOW)).length, 2)
  t.match(await liftBlock(env, 'blk_2'), { outcome: 'lifted' }, 'an operator lifts any')
})
