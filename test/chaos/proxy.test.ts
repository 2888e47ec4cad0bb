// What each cut does to a message and its answer, with an echo in PostgreSQL's place.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Cut, startProxy } from './proxy.ts'

const COMMIT = 'usage.append'

interface Seen {
  /** What arrived at the far side. */
  arrived: string
  /** What came back. */
  answered: string
  ended: boolean
}

const echo = createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', data => {
    received.push(data.toString())
    socket.write(`did ${data}`)
  })
})
const received: string[] = []
echo.listen(0, '127.0.0.1')
await once(echo, 'listening')
t.teardown(() => echo.close())

/** Sends one commit over a connection that is cut for sure; the seed decides how. */
async function send(seed: number, share: number): Promise<{ cut: Cut | undefined; seen: Seen }> {
  const proxy = await startProxy({
    port: () => (echo.address() as AddressInfo).port,
    ...{ seed, stream: 0 },
    shares: () => ({ commits: share, others: 0 }),
    onCut: () => {},
  })
  const seen: Seen = { arrived: '', answered: '', ended: false }
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('data', data => {
    seen.answered += data
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    seen.ended = true
  })
  received.length = 0
  socket.write('hello')
  while (seen.answered === '') await sleep(1)
  socket.write(COMMIT)
  await sleep(100)
  const ended = seen.ended
  const [cut] = proxy.cuts.commits.keys()
  // One that is late takes its time.
  for (let waited = 0; cut === 'late' && received.length < 2 && waited < 3000; waited += 20) await sleep(20)
  await proxy.close()
  socket.destroy()
  return { cut, seen: { ...seen, ended, arrived: received.slice(1).join('') } }
}

t.test('without cuts everything passes', async t => {
  const { cut, seen } = await send(1, 0)
  t.equal(cut, undefined)
  t.strictSame(seen, { arrived: COMMIT, answered: `did hellodid ${COMMIT}`, ended: false })
})

t.test('each cut lets pass what its name says', async t => {
  const wanted: Readonly<Record<Cut, Seen>> = {
    lost: { arrived: '', answered: 'did hello', ended: true },
    answer: { arrived: COMMIT, answered: 'did hello', ended: true },
    between: { arrived: COMMIT, answered: 'did hello', ended: true },
    late: { arrived: COMMIT, answered: 'did hello', ended: true },
    silence: { arrived: COMMIT, answered: 'did hello', ended: false },
  }
  const met = new Set<Cut>()
  for (let seed = 0; met.size < 5 && seed < 200; seed++) {
    const { cut, seen } = await send(seed, 1)
    if (cut === undefined || met.has(cut)) continue
    met.add(cut)
    t.strictSame(seen, wanted[cut], cut)
  }
  t.equal(met.size, 5)
})
