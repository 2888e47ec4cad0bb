import type { PushedRequests } from '@xwms/core'
import type { Database } from './database.ts'
import { pushedRequests as table } from './tables.ts'

export function pushedRequests({ schema, prepared }: Database): PushedRequests {
  const create = prepared('pushed-requests.create', table.insertion(schema, '$1'))
  const find = prepared(
    'pushed-requests.find',
    `select ${table.columns} from ${schema}.pushed_requests where hash = $1 and expires_at > $2`,
  )
  const spend = prepared(
    'pushed-requests.spend',
    `delete from ${schema}.pushed_requests where hash = $1 returning hash`,
  )

  return {
    async create(request) {
      await create([table.pack([request])])
    },
    async find(hash, now) {
      const [row] = await find([hash, now])
      return row && table.read(row)
    },
    async spend(hash) {
      const spent = await spend([hash])
      return spent.length > 0
    },
  }
}
