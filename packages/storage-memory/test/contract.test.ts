import { storageContract } from '@xwms/storage-contract'
import { memory } from '../src/index.ts'

storageContract('memory storage', async () => {
  const storage = memory()
  return { storage, close: () => storage.close() }
})
