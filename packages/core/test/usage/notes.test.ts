import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { logged } from '../../../../test/support/logged.ts'
import { StorageUnavailableError } from '../../src/errors.ts'
import { NOW } from '../installation.ts'
import { entry, event, metering, WHOSE } from './metering.ts'

t.test('a refusal is written in the background, soon, without anybody asking', async t => {
  const { meter, storage, calls } = metering()
  meter.note(entry(1))
  t.strictSame(calls, [], 'the caller does not wait for it')
  for (let waited = 0; waited < 5000 && !calls.includes('requestLog.append'); waited += 50) await wait(50)
  t.match(await logged(storage, WHOSE), [{ id: 'entry-1' }])
})

t.test('refusals beyond the bound are counted, not kept', async t => {
  const { meter, storage, log } = metering()
  for (let number = 0; number < 5003; number++) meter.note(entry(number))
  await meter.flush()
  const kept = await logged(storage, WHOSE, 10_000)
  t.equal(kept.length, 5000)
  t.equal(kept[0]?.id, 'entry-4999')
  t.match(log, [{ level: 'warn', fields: { dropped: 3 } }])

  meter.note(entry(6000))
  await meter.flush()
  t.equal((await logged(storage, WHOSE, 1))[0]?.id, 'entry-6000', 'there is room again')
  t.equal(log.length, 1, 'and what was dropped is told once')
})

t.test('of many uses of a secret, the last is written, once', async t => {
  const { meter, replace } = metering()
  const touched: unknown[] = []
  replace('clients.touchSecrets', async (_real, used) => {
    touched.push(used)
  })
  const later = new Date(NOW.getTime() + 1000)
  meter.touch('sec_1', NOW)
  meter.touch('sec_2', NOW)
  meter.touch('sec_1', later)
  await meter.flush()
  t.strictSame(touched, [
    [
      { secretId: 'sec_1', at: later },
      { secretId: 'sec_2', at: NOW },
    ],
  ])
  await meter.flush()
  t.equal(touched.length, 1)
})

t.test('a log that cannot be written stops nothing, and says so', async t => {
  const { meter, replace, restore, log, storage, events } = metering()
  replace('requestLog.append', async () => {
    throw new Error('No.')
  })
  meter.note(entry(1))
  await meter.record(event(1))
  await meter.flush()
  t.match(log, [{ level: 'error', fields: { entries: 1 } }])
  t.strictSame(await events(), ['event-1'])
  restore('requestLog.append')
  meter.note(entry(2))
  await meter.flush()
  t.match(await logged(storage, WHOSE), [{ id: 'entry-2' }])
})

t.test('uses of secrets are written where the log cannot be, and the other way round', async t => {
  const { meter, calls, replace, restore, log, storage } = metering()
  replace('requestLog.append', () => Promise.reject(new Error('No.')))
  meter.note(entry(1))
  meter.touch('sec_1', NOW)
  await meter.flush()
  t.ok(calls.includes('clients.touchSecrets'))
  t.match(log, [{ level: 'error', fields: { entries: 1 }, message: 'The request log could not be written.' }])
  restore('requestLog.append')
  log.length = 0

  replace('clients.touchSecrets', () => Promise.reject(new Error('No.')))
  meter.note(entry(2))
  meter.touch('sec_1', NOW)
  await meter.flush()
  t.match(await logged(storage, WHOSE), [{ id: 'entry-2' }])
  t.match(log, [{ level: 'error', fields: { secrets: 1 }, message: /last use of secrets/ }])
  t.equal(log.length, 1)
})

t.test('what was written is not counted as dropped when the storage goes away right after it', async t => {
  const { meter, replace, restore, log, storage } = metering()
  replace('clients.touchSecrets', () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.')))
  meter.note(entry(1))
  meter.touch('sec_1', NOW)
  await meter.flush()
  restore('clients.touchSecrets')
  meter.note(entry(2))
  await meter.flush()
  t.match(await logged(storage, WHOSE), [{ id: 'entry-2' }, { id: 'entry-1' }])
  const lines = log.map(({ message }) => message)
  t.ok(lines.includes('The storage is unavailable.'))
  t.notOk(
    lines.some(line => line.startsWith('The request log could not take')),
    String(lines),
  )
})
