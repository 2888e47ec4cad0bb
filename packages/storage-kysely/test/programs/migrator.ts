// Migrates a database and tells which migrations it applied. Started by migrations.test.ts.
import { migrate } from '../../src/index.ts'

process.once('message', async () => {
  process.send?.(await migrate(process.argv[2]))
  process.disconnect()
})
process.send?.('ready')
