// What comes at once is one offence, however many failures it is (docs/abuse.md).

import t from 'tap'
import type { ProtectionOptions } from '../../src/config/protection.ts'
import { DEFAULT_PROTECTION } from '../../src/config/protection.ts'
import { type Installation, installation, type Registered } from '../installation.ts'

const BURST = 200
const ATTACKER = '198.51.100.66'
const { firstBlockSeconds, firstWaitSeconds } = DEFAULT_PROTECTION

/** Blocks are stored, and told of, in the background. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

/** Two processes on one storage. */
function twoProcesses(protection: Partial<ProtectionOptions> = {}) {
  const told: object[] = []
  const options = { protection, onEvent: (event: object) => void told.push(event) }
  let adds = 0
  const one = installation(options, storage => ({
    ...storage,
    blocks: {
      ...storage.blocks,
      add: (...added) => {
        adds++
        return storage.blocks.add(...added)
      },
    },
  }))
  const other = installation({ ...options, storage: one.storage })
  const both: readonly Installation[] = [one, other]
  return {
    one,
    told,
    /** How often the storage was asked to store one. */
    adds: () => adds,
    /** Calls with wrong secrets at both, all at once; answers what they were answered. */
    async burst(
      calls: number,
      shop: Registered,
      clientOf = (_call: number) => shop.client.id,
      ip = ATTACKER,
    ) {
      const answers = await Promise.all(
        Array.from({ length: calls }, (_, call) =>
          (both[call % 2] as Installation).ask('POST', '/api/global/countries', {
            headers: { ...shop.headers, 'x-client-id': clientOf(call), 'x-client-secret': `xwms_sk_${call}` },
            json: {},
            ip,
          }),
        ),
      )
      await turns()
      return answers
    },
    pass(seconds: number) {
      for (const each of both) each.pass(seconds)
    },
    /** How long each block lasts in seconds, by its reason, in the order in which they were made. */
    async blocks() {
      const made = await one.storage.blocks.active(new Date(0))
      return made
        .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
        .map(block => [block.reason, (block.expiresAt.getTime() - block.createdAt.getTime()) / 1000])
    },
    warnings: () =>
      both
        .flatMap(({ log }) => log)
        .filter(({ level, message }) => level === 'warn' && /^Somebody/.test(message)),
  }
}

t.test(
  'a burst of wrong secrets is one block, one warning and one event; the next offence is another',
  async t => {
    const at = twoProcesses({ secretFailures: 10_000 })
    const shop = await at.one.client()
    const answers = await at.burst(BURST, shop)
    t.ok(answers.filter(({ status }) => status === 401).length > DEFAULT_PROTECTION.addressSecretFailures + 2)
    t.strictSame(await at.blocks(), [['secret_flood', firstBlockSeconds]])
    t.ok(at.adds() <= 2, 'each process asks for it once')
    t.equal(at.warnings().length, 1)
    const { workspaceId } = shop.client
    t.match(await at.one.storage.workspaceEvents.list({ workspaceId, limit: 10 }), at.told)
    t.match(at.told, [{ type: 'abuse.secret_flood' }])
    t.equal(at.told.length, 1)

    at.pass(firstBlockSeconds - 1)
    const during = await at.burst(BURST, shop)
    t.strictSame(
      [...new Set(during.map(({ headers }) => headers['retry-after']))],
      ['1'],
      'in both processes',
    )
    t.equal((await at.blocks()).length, 1, 'whoever goes on meanwhile is refused, and no more')

    at.pass(1)
    await at.burst(BURST, shop)
    t.strictSame(await at.blocks(), [
      ['secret_flood', firstBlockSeconds],
      ['secret_flood', 2 * firstBlockSeconds],
    ])
    t.equal(at.warnings().length, 2)
  },
)

t.test('whoever breaks several rules about one address at once is blocked for one of them', async t => {
  const at = twoProcesses()
  const shop = await at.one.client()
  const answers = await at.burst(BURST, shop, call => `cl_${call}`)
  t.ok(answers.filter(({ status }) => status === 401).length > DEFAULT_PROTECTION.addressSecretFailures)
  t.strictSame(await at.blocks(), [['clients_probed', firstBlockSeconds]])
  t.equal(at.warnings().length, 1)
})

t.test('a burst at one client from one address waits once, and no longer than for one failure', async t => {
  const at = twoProcesses({ addressSecretFailures: 10_000 })
  const shop = await at.one.client()
  await at.burst(BURST, shop)
  t.strictSame(await at.blocks(), [['secret_guessing', firstWaitSeconds]])
  at.pass(firstWaitSeconds)
  await at.burst(1, shop)
  t.strictSame(await at.blocks(), [
    ['secret_guessing', firstWaitSeconds],
    ['secret_guessing', 2 * firstWaitSeconds],
  ])
})

t.test('what was under way when a wait began is no offence of its own when it ends after it', async t => {
  let [tried, release] = [0, () => {}]
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const xwms = installation({}, storage => ({
    ...storage,
    failures: {
      ...storage.failures,
      async record(...failure) {
        const counts = await storage.failures.record(...failure)
        if (++tried > DEFAULT_PROTECTION.secretFailures) await released
        return counts
      },
    },
  }))
  const shop = await xwms.client()
  const headers = { ...shop.headers, 'x-client-secret': 'xwms_sk_wrong' }
  const call = () => xwms.ask('POST', '/api/global/countries', { headers, json: {}, ip: ATTACKER })
  const made = async () => (await xwms.storage.blocks.active(new Date(0))).length
  const burst = Array.from({ length: DEFAULT_PROTECTION.secretFailures + 5 }, call)
  await turns()
  t.equal(await made(), 1)
  xwms.pass(firstWaitSeconds)
  release()
  t.ok((await Promise.all(burst)).every(({ status }) => status === 401))
  await turns()
  t.equal(await made(), 1)
  t.equal((await call()).status, 401, 'whoever waited may try again')
  await turns()
  t.equal(await made(), 2)
})

t.test(
  'a proxy that is not trusted is hinted at where an address is none of the public Internet',
  async t => {
    const at = twoProcesses()
    const shop = await at.one.client()
    const addresses = ['8.8.8.8', '10.0.0.1', '198.51.100.66', '2001:db8::1']
    for (const ip of addresses) await at.burst(12, shop, call => `cl_${call}`, ip)
    const plain = 'Somebody tried too much and has to wait.'
    const hint = `${plain} The address is none of the public Internet: if every caller seems to come from it, set the framework's proxy option.`
    t.strictSame(
      at.warnings().map(({ message }) => message),
      [plain, hint, hint, hint],
    )
  },
)
