export type { Opened } from './arena.ts'
export { storageContract } from './contract.ts'
export { fixtures } from './fixtures.ts'
