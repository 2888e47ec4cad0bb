// Runs the maintenance once, and tells how many sessions it removed, or that another process was at it. Started by
// maintenance-processes.test.ts.
import { postgres } from '../../src/index.ts'

const [url, now = ''] = process.argv.slice(2)
const storage = postgres(url)
const retention = { eventDays: 400, requestLogDays: 30, auditDays: 730 }

process.once('message', async () => {
  const report = await storage.maintenance.run(new Date(now), retention)
  process.send?.(report ? report.tables.find(({ table }) => table === 'sessions')?.removed : 'another')
  await storage.close()
  process.disconnect()
})
process.send?.('ready')
