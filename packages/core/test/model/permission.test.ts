import t from 'tap'
import { type Actor, isPermitted, PERMISSIONS, type Permission } from '../../src/model/permission.ts'
import { ROLES } from '../../src/model/workspace.ts'

/** What each may do; everything else it may not. */
const TABLE: Readonly<Record<Actor, readonly Permission[]>> = {
  owner: Object.keys(PERMISSIONS) as Permission[],
  admin: Object.keys(PERMISSIONS) as Permission[],
  developer: [
    'plan:read',
    'usage:read',
    'limits:read',
    'events:read',
    'requests:read',
    'blocks:read',
    'blocks:lift',
    'client-limits:change',
  ],
  billing: ['plan:read', 'usage:read', 'limits:read', 'events:read', 'invoices:read', 'limits:change'],
  viewer: ['plan:read', 'usage:read', 'limits:read', 'events:read', 'blocks:read'],
  client: [
    'plan:read',
    'usage:read',
    'limits:read',
    'events:read',
    'requests:read',
    'blocks:read',
    'blocks:lift',
    'invoices:read',
    'client-limits:change',
  ],
}

t.test('each role may do what the table says, and nothing else', async t => {
  t.strictSame(Object.keys(TABLE), [...ROLES, 'client'])
  for (const [actor, permissions] of Object.entries(TABLE) as [Actor, readonly Permission[]][]) {
    for (const permission of Object.keys(PERMISSIONS) as Permission[])
      t.equal(isPermitted(actor, permission), permissions.includes(permission), `${actor} ${permission}`)
  }
})

t.test('a viewer changes nothing', async t => {
  for (const permission of Object.keys(PERMISSIONS) as Permission[])
    if (!permission.endsWith(':read')) t.notOk(isPermitted('viewer', permission), permission)
})
