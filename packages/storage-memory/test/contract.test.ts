import { storageContract } from '../../storage-contract/src/index.ts'
import { memory } from '../src/index.ts'

storageContract('memory storage', async () => {
  const storage = memory()
  return { storage, close: () => storage.close() }
})
