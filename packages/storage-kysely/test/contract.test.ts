import { storageContract } from '@xwms/storage-contract'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

storageContract('PostgreSQL storage', async () => {
  const database = await freshDatabase()
  const storage = postgres(database.url)
  const second = postgres(database.url)
  return {
    storage,
    second,
    async close() {
      await storage.close()
      await second.close()
      await database.drop()
    },
  }
})
