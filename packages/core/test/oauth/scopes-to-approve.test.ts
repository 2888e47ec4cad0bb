import t from 'tap'
import type { Resource } from '../../src/context/context.ts'
import { scopesToApprove } from '../../src/oauth/scopes-to-approve.ts'
import { installation } from '../installation.ts'

const ORDERS = 'https://orders.example.com'
const STOCK = 'https://stock.example.com'
const ANY = 'https://any.example.com'
const DETAILS = '[{"type":"payment"}]'

const { kit } = installation()
const { scopes: known } = kit.config

function resource(identifier: string, scopes?: readonly string[]): Resource {
  return {
    identifier,
    scopes,
    name: identifier,
    tokenFormat: 'opaque',
    signingAlgorithm: 'RS256',
    requireSenderConstraint: false,
    exchangedFrom: [],
    accessTokenSeconds: undefined,
  }
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  [ORDERS]: resource(ORDERS, ['orders:read']),
  [STOCK]: resource(STOCK, ['orders:write']),
  [ANY]: resource(ANY),
}

t.test('nobody is asked for what no token would have', async t => {
  const table: [
    scope: string | undefined,
    resources: string[],
    details: string | undefined,
    asked: string,
  ][] = [
    ['openid orders:read orders:write', [], undefined, 'openid orders:read orders:write'],
    ['openid orders:read orders:write', [ORDERS], undefined, 'openid orders:read'],
    ['orders:write orders:read', [ORDERS], undefined, 'orders:read'],
    ['orders:write orders:read', [ORDERS, STOCK], undefined, 'orders:write orders:read'],
    ['orders:write orders:read', [ORDERS, ANY], undefined, 'orders:write orders:read'],
    // What is about the user is for the client itself, whatever its token is for.
    ['email offline_access orders:write', [STOCK], undefined, 'email offline_access orders:write'],
    ['manage orders:read', [ORDERS], undefined, 'orders:read'],
    ['orders:read introspect', [], undefined, 'orders:read'],
    ['orders:read nobody:knows', [ORDERS], undefined, 'orders:read'],
    ['orders:read', [ORDERS], DETAILS, 'orders:read'],
    [undefined, [ORDERS], DETAILS, ''],
    ['', [], DETAILS, ''],
  ]
  const granted = Object.keys(known)
  for (const [scope, identifiers, details, asked] of table) {
    const resources = identifiers.map(identifier => RESOURCES[identifier] as Resource)
    const scopes = scopesToApprove({ scope, resources, details }, granted, known)
    t.equal(scopes.join(' '), asked, `${scope} at ${identifiers}, ${details}`)
  }
})

t.test('what no token can be made of is refused before anybody is asked, with what to do', async t => {
  const table: [
    scope: string | undefined,
    resources: string[],
    details: string | undefined,
    message: RegExp,
  ][] = [
    [undefined, [], undefined, /^Send at least one scope/],
    [undefined, [ORDERS], undefined, /^Send at least one scope/],
    ['nobody:knows introspect', [ORDERS], DETAILS, /^Send at least one scope/],
    ['orders:write', [ORDERS], undefined, /^None of the scopes means anything at these resources/],
    ['orders:write', [ORDERS], DETAILS, /^None of the scopes means anything at these resources/],
    ['openid email', [ORDERS, STOCK], undefined, /^None of the scopes means anything at these resources/],
    ['orders:read phone', [ORDERS], undefined, /not granted the scope phone/],
  ]
  const granted = Object.keys(known).filter(scope => scope !== 'phone')
  for (const [scope, identifiers, details, message] of table) {
    const resources = identifiers.map(identifier => RESOURCES[identifier] as Resource)
    t.throws(
      () => scopesToApprove({ scope, resources, details }, granted, known),
      { status: 400, code: 'invalid_scope', message },
      `${scope} at ${identifiers}, ${details}`,
    )
  }
})
