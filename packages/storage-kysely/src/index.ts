export { migrate } from './migrate.ts'
export type { PostgresOptions } from './options.ts'
export { postgres } from './postgres.ts'
