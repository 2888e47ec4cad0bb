import t from 'tap'
import { BUILT_IN_SCOPES } from '../../src/config/defaults.ts'
import {
  checkSomethingLeft,
  concernsUser,
  grantedScopes,
  isForClientsAlone,
  parseScope,
} from '../../src/oauth/scope.ts'

t.test('a scope is a list separated by spaces, each once, in the order given', async t => {
  const table: [scope: string | undefined, scopes: string[]][] = [
    [undefined, []],
    ['', []],
    ['  ', []],
    ['openid', ['openid']],
    ['openid email', ['openid', 'email']],
    ['email openid', ['email', 'openid']],
    [' openid   email ', ['openid', 'email']],
    ['openid email openid', ['openid', 'email']],
    ['OpenID openid', ['OpenID', 'openid']],
    ['orders:read\temail', ['orders:read\temail']],
  ]
  for (const [scope, scopes] of table) t.strictSame(parseScope(scope), scopes, JSON.stringify(scope))
})

t.test('a client gets what it asks for and was granted', async t => {
  const known = { a: 'A', b: 'B', c: 'C' }
  const table: [requested: string[], granted: string[], given: string[] | RegExp][] = [
    [['a'], ['a', 'b'], ['a']],
    [
      ['b', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ],
    [[], ['a'], []],
    [['a', 'unheard-of'], ['a'], ['a']],
    [['unheard-of'], ['a'], []],
    // Granted once, and since taken out of the configuration.
    [['gone'], ['gone'], []],
    [['a', 'c'], ['a', 'b'], /scope c\./],
    [['c', 'b'], ['a'], /scope c b\./],
    [['a'], [], /scope a\./],
    [['toString', '__proto__', 'constructor'], ['toString'], []],
  ]
  for (const [requested, granted, given] of table) {
    const name = `${requested} of ${granted}`
    if (Array.isArray(given)) t.strictSame(grantedScopes(requested, granted, known), given, name)
    else
      t.throws(
        () => grantedScopes(requested, granted, known),
        { status: 400, code: 'invalid_scope', message: given },
        name,
      )
  }
})

t.test('details alone are enough, and no substitute for scopes of which none is left', async t => {
  const details = '[{"type":"payment"}]'
  const table: [asked: string[], scopes: string[], details: string | undefined, enough: boolean][] = [
    [['a'], ['a'], undefined, true],
    [['a', 'b'], ['a'], undefined, true],
    [['a'], ['a'], details, true],
    [[], [], details, true],
    [[], [], undefined, false],
    [['a'], [], undefined, false],
    [['a'], [], details, false],
  ]
  for (const [asked, scopes, details, enough] of table) {
    const check = () => checkSomethingLeft(scopes, { asked, details })
    const name = `${scopes} of ${asked}, ${details}`
    if (enough) t.doesNotThrow(check, name)
    else t.throws(check, { status: 400, code: 'invalid_scope' }, name)
  }
})

t.test(
  'every built-in scope is about a user, so that none means anything to a client acting for itself, or stays with the client',
  async t => {
    const { manage, 'manage:read': reading, ...others } = BUILT_IN_SCOPES
    for (const scope of Object.keys(others)) t.not(concernsUser(scope), isForClientsAlone(scope), scope)
    t.ok(manage && reading, 'are for workspaces, which users and clients manage')
    for (const scope of ['manage', 'manage:read'])
      t.strictSame([concernsUser(scope), isForClientsAlone(scope)], [false, false], scope)
    t.ok(isForClientsAlone('introspect'))
    for (const scope of ['orders:read', 'OpenID', '', 'toString']) {
      t.notOk(concernsUser(scope), scope)
      t.notOk(isForClientsAlone(scope), scope)
    }
  },
)
