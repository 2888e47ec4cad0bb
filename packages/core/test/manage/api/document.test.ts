// docs/usage-api.md says who may do what as the code has it.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { isPermitted, PERMISSIONS, type Permission } from '../../../src/model/permission.ts'
import { ROLES } from '../../../src/model/workspace.ts'

const page = readFileSync(new URL('../../../../../docs/usage-api.md', import.meta.url), 'utf8')

t.test('the table of permissions stands in the documentation', async t => {
  const rows = [...page.matchAll(/^\| `([a-z-]+:[a-z]+)` +\|(.+)\|$/gm)].map(([, permission, cells]) => [
    permission,
    (cells ?? '').split('|').map(cell => cell.trim()),
  ])
  const actors = [...ROLES, 'client'] as const
  t.strictSame(
    rows,
    Object.keys(PERMISSIONS).map(permission => [
      permission,
      actors.map(actor => (isPermitted(actor, permission as Permission) ? 'yes' : 'no')),
    ]),
  )
})
