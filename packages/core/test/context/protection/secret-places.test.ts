import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createSecretPlaces } from '../../../src/context/protection/secret-places.ts'
import { createEventRecorder } from '../../../src/context/workspace-events.ts'
import { NOW } from '../../installation.ts'
import { CLIENT, SECRET } from '../surroundings.ts'

function scene() {
  const storage = memory()
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const events = createEventRecorder({ storage, onEvent: undefined, logger })
  const places = createSecretPlaces({ storage, events, now: () => NOW })
  const told = () => storage.workspaceEvents.list({ workspaceId: CLIENT.workspaceId, limit: 100 })
  return { storage, places, told }
}

t.test('the first network of a secret is no news, and neither are its other addresses', async t => {
  const { places, told } = scene()
  for (const ip of ['192.0.2.1', '192.0.2.254', '::ffff:192.0.2.9']) await places.see(SECRET, CLIENT, ip)
  t.strictSame(await told(), [])
})

t.test('a new network is told of once, by whichever process, without anything secret', async t => {
  const { storage, places, told } = scene()
  await places.see(SECRET, CLIENT, '192.0.2.1')
  await places.see(SECRET, CLIENT, '198.51.100.1')
  await places.see(SECRET, CLIENT, '198.51.100.2')
  const events = await told()
  t.match(events, [
    {
      type: 'secret.unusual_address',
      clientId: CLIENT.id,
      message: /First \(…wxyz\) of Shop was used from the network 198\.51\.100\.0\/24/,
      data: { secret_id: SECRET.id, network: '198.51.100.0/24', ip: '198.51.100.1', networks_before: 1 },
    },
  ])
  t.notMatch(JSON.stringify(events), SECRET.hash)
  t.equal((await storage.knownOrigins.list(`secret ${SECRET.id}`, NOW, 10)).length, 2)
})

t.test('each secret has a history of its own', async t => {
  const { places, told } = scene()
  await places.see(SECRET, CLIENT, '192.0.2.1')
  await places.see({ ...SECRET, id: 'sec_2' }, CLIENT, '198.51.100.1')
  t.strictSame(await told(), [])
})

t.test('a secret that is used from anywhere is unusual nowhere', async t => {
  const { places, told } = scene()
  for (let network = 0; network < 40; network++) await places.see(SECRET, CLIENT, `10.0.${network}.1`)
  t.equal((await told()).length, 19, 'the first is none, and from the twenty-first on nothing is said')
})

t.test('what is no address is nowhere', async t => {
  const { storage, places, told } = scene()
  for (const ip of ['', 'unknown']) await places.see(SECRET, CLIENT, ip)
  t.strictSame(await told(), [])
  t.strictSame(await storage.knownOrigins.list(`secret ${SECRET.id}`, NOW, 10), [])
})
