import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { KitOptions } from '../../src/config/options.ts'
import { installation } from '../installation.ts'

type Visit = readonly [hostMountPath: string, path: string]

/** What is said of mounts when requests come one after another, each by the mounts that it goes through. */
async function warnings(options: Partial<KitOptions>, requests: readonly (readonly Visit[])[]) {
  const { kit, log } = installation(options)
  log.length = 0
  for (const visits of requests) {
    for (const [hostMountPath, path] of visits) kit.match(path, hostMountPath)
    await setImmediate()
  }
  return log.filter(({ level }) => level === 'warn')
}

const ROOT = { issuer: 'https://example.com' }
const AUTH = { issuer: 'https://example.com/auth' }

t.test('a mount below which nothing is found is told of, once, with both paths and what to do', async t => {
  const table: [options: Partial<KitOptions>, visit: Visit, serves: string][] = [
    [ROOT, ['/auth', '/auth/oauth/token'], '/'],
    [ROOT, ['/auth', '/auth/.well-known/openid-configuration'], '/'],
    [ROOT, ['/a/b', '/a/b/manage/v1/workspaces/ws_1/plan'], '/'],
    [AUTH, ['/xwms', '/xwms/api/info'], '/auth'],
    [AUTH, ['/auth/auth', '/auth/auth/api/info'], '/auth'],
    [AUTH, ['/author', '/author/api/info'], '/auth'],
    [{ ...AUTH, mountPath: '' }, ['/auth', '/auth/api/info'], '/'],
    [{ ...ROOT, mountPath: '/inner' }, ['/auth', '/auth/api/info'], '/inner'],
  ]
  for (const [options, visit, serves] of table) {
    const [mountedAt] = visit
    const told = await warnings(options, [[visit], [visit], [visit, visit]])
    t.strictSame(
      told.map(({ fields }) => fields),
      [{ mountedAt, serves }],
      visit[1],
    )
    const [{ message } = { message: '' }] = told
    t.ok(message.startsWith(`XWMS is mounted below ${mountedAt} and serves ${serves}, `), message)
    for (const remedy of ['at the root', `issuer the path ${mountedAt}`, `option mountPath to ${mountedAt}`])
      t.ok(message.includes(remedy), remedy)
  }
  const atOnce: Visit[] = [0, 1, 2].map(() => ['/auth', '/auth/oauth/token'])
  t.equal((await warnings(ROOT, [atOnce])).length, 1, 'of requests at once, one')
})

t.test(
  'nothing is said where the mount is right, serves a part, or was not asked for an endpoint',
  async t => {
    const dead: Visit = ['/auth', '/auth/oauth/token']
    const table: [name: string, options: Partial<KitOptions>, requests: Visit[][]][] = [
      ['the root, and paths of the host’s', ROOT, [[['', '/auth/oauth/token']], [['', '/orders']]]],
      ['no issuer', { issuer: undefined }, [[['/auth', '/auth/nothing']], [['/b', '/auth/oauth/token']]]],
      ['the issuer’s path', AUTH, [[['/auth', '/auth/nothing']], [['/auth', '/auth/auth/api/info']]]],
      ['the issuer’s path, in other letters', AUTH, [[['/AUTH', '/AUTH/api/info']]]],
      ['above the issuer’s path', { issuer: 'https://example.com/a/b' }, [[['/a', '/a/api/info']]]],
      ['the option mountPath', { ...ROOT, mountPath: '/auth' }, [[['/auth', '/auth/auth/api/info']]]],
      ['the root before a prefix', ROOT, [[['', dead[1]], dead]]],
      ['a prefix before the root', ROOT, [[dead, ['', dead[1]]], [dead]]],
      ['a prefix, once the root was seen', ROOT, [[['', '/orders']], [dead]]],
      ['the place of RFC 8414', AUTH, [[['/.well-known', '/.well-known/.well-known/jwks.json']]]],
      ['some of the endpoints', ROOT, [[['/oauth', '/oauth/oauth/token']]]],
      ['a router of the host’s at two places', ROOT, [[['/v1', '/v1/orders']], [['/v1', '/v1/']]]],
      ['a host that changes the path', ROOT, [[['/auth', '/other/oauth/token']]]],
    ]
    for (const [name, options, requests] of table) t.strictSame(await warnings(options, requests), [], name)
  },
)
