// A program that makes XWMS and does nothing with it: `node unmounted.ts <express|koa> <database URL>`.
import { xwms as xwmsForExpress } from '@xwms/express'
import { xwms as xwmsForKoa } from '@xwms/koa'
import { postgres } from '@xwms/storage-kysely'

const [framework, connectionString] = process.argv.slice(2)
const options = { issuer: 'https://example.com', storage: postgres({ connectionString, migrate: true }) }
if (framework === 'koa') xwmsForKoa(options)
else xwmsForExpress(options)
