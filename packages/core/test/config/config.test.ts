import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import {
  BUILT_IN_SCOPES,
  DEFAULT_APPLICATION,
  DEFAULT_LIFETIMES,
  DEFAULT_PLANS,
  DEFAULT_PRICES,
  DEFAULT_RETENTION,
} from '../../src/config/defaults.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { PLAIN_PAGES } from '../installation.ts'

const NEEDED = { storage: memory(), pages: PLAIN_PAGES }

/** The problems of options that are not those of the type. */
function problems(options: object): readonly string[] {
  try {
    createConfig({ ...NEEDED, ...options } as KitOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}

t.test('an issuer is the address as the world sees it, written as clients compare it', async t => {
  const good = [
    'https://example.com',
    'https://example.com/auth',
    'https://example.com/a/b-c',
    'https://example.com:8443',
    'https://id.example.com:8443/auth',
    'https://xn--bcher-kva.example',
    'https://192.0.2.1',
    'https://[2001:db8::1]/auth',
    'https://localhost',
    'http://localhost',
    'http://localhost:3000',
    'http://localhost:3000/auth',
    'http://app.localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ]
  for (const issuer of good) t.strictSame(problems({ issuer }), [], issuer)

  const bad: [issuer: unknown, problem: RegExp][] = [
    ['', /absolute URL/],
    ['example.com', /absolute URL/],
    ['/auth', /absolute URL/],
    ['//example.com', /absolute URL/],
    ['https://', /absolute URL/],
    [7, /must be a URL/],
    [null, /must be a URL/],
    ['http://example.com', /begin with https/],
    ['http://localhost.example.com', /begin with https/],
    ['http://127.0.0.1.example.com', /begin with https/],
    ['http://0.0.0.0:3000', /begin with https/],
    ['http://192.168.1.10', /begin with https/],
    ['ftp://example.com', /begin with https/],
    ['javascript:alert(1)', /begin with https/],
    ['https://example.com?a=b', /no query/],
    ['https://example.com?', /no query/],
    ['https://example.com/auth#top', /no fragment/],
    ['https://example.com#', /no fragment/],
    ['https://example.com#a?b', /no fragment/],
    ['https://user@example.com', /user name/],
    ['https://user:password@example.com', /user name/],
    ['https://:password@example.com', /user name/],
    ['https://example.com.', /dot at the end/],
    ['https://example.com.:8443/auth', /dot at the end/],
    ['https://example.com/', /slash/],
    ['https://example.com/auth/', /slash/],
    ['https://EXAMPLE.com', /written as https:\/\/example\.com:/],
    ['HTTPS://example.com', /written as https:\/\/example\.com:/],
    ['https://example.com:443', /written as https:\/\/example\.com:/],
    ['https://bücher.example', /written as https:\/\/xn--bcher-kva\.example:/],
    ['https://example.com/a/../auth', /written as https:\/\/example\.com\/auth:/],
    ['https://example.com/./auth', /written as/],
    ['https://example.com/a b', /written as https:\/\/example\.com\/a%20b:/],
    [' https://example.com', /written as/],
    ['https:example.com', /written as/],
    ['https:\\\\example.com', /written as/],
  ]
  for (const [issuer, problem] of bad) {
    const found = problems({ issuer })
    t.equal(found.length, 1, JSON.stringify(issuer))
    t.match(found[0], problem, JSON.stringify(issuer))
    t.match(found[0], /^issuer: /)
  }
})

t.test('every problem of an issuer is named at once, with what to write in its place', async t => {
  t.strictSame(problems({ issuer: 'http://example.com/?a=b' }), [
    'issuer: must begin with https:// (http:// is for localhost)',
    'issuer: must have no query (RFC 8414 section 2)',
    'issuer: must not end with a slash: clients compare it character by character',
  ])
  t.strictSame(problems({ issuer: 'HTTP://ada:secret@EXAMPLE.com.:8080/auth/?#top' }), [
    'issuer: must begin with https:// (http:// is for localhost)',
    'issuer: must have no query (RFC 8414 section 2)',
    'issuer: must have no fragment (RFC 8414 section 2)',
    'issuer: must have no user name or password',
    'issuer: must not have a dot at the end of its host',
    'issuer: must not end with a slash: clients compare it character by character',
    'issuer: must be written as https://example.com:8080/auth: clients compare it character by character',
  ])
})

t.test('the mount path is what is given, or the issuer’s path, or the framework’s', async t => {
  const table: [options: Partial<KitOptions>, mountPath: string | undefined][] = [
    [{}, undefined],
    [{ issuer: 'https://example.com' }, ''],
    [{ issuer: 'https://example.com/auth' }, '/auth'],
    [{ issuer: 'https://example.com/a/b' }, '/a/b'],
    [{ issuer: 'https://example.com/auth', mountPath: '' }, ''],
    [{ issuer: 'https://example.com', mountPath: '/auth' }, '/auth'],
    [{ mountPath: '/auth' }, '/auth'],
  ]
  for (const [options, mountPath] of table)
    t.equal(createConfig({ ...NEEDED, ...options }).mountPath, mountPath, JSON.stringify(options))
})

t.test('whatever is left out has its default', async t => {
  const config = createConfig(NEEDED)
  t.match(config, {
    issuer: undefined,
    accounts: undefined,
    application: { ...DEFAULT_APPLICATION, name: 'XWMS', locale: 'en', timezone: 'UTC' },
    projects: [],
    plans: DEFAULT_PLANS,
    prices: DEFAULT_PRICES,
    scopes: BUILT_IN_SCOPES,
    lifetimes: DEFAULT_LIFETIMES,
    credentialCache: { maxCallers: 10_000, seconds: 30 },
    bodyLimitBytes: 65_536,
  })
  t.ok(Math.abs(config.now().getTime() - Date.now()) < 60_000)
  for (const level of ['debug', 'info', 'warn', 'error'] as const) t.type(config.logger[level], 'function')
})

t.test('the plans and prices of xwms-api.md are the defaults', async t => {
  t.match(DEFAULT_PLANS, {
    basic: { title: 'Clients Basic', monthlyFeeNanoEuro: 0, clients: 1, domains: 3 },
    enterprise: {
      title: 'Clients Enterprise',
      monthlyFeeNanoEuro: 29_000_000_000,
      clients: undefined,
      domains: undefined,
      members: undefined,
      secrets: undefined,
    },
  })
  t.strictSame(DEFAULT_PRICES, {
    'sign-token': 0,
    'sign-token-verify': 0,
    'user-info': 10_000,
    'user-address': 10_000,
    countries: 10_000,
    default: 10_000,
  })
})

t.test('an option of a group changes that one and keeps its neighbours', async t => {
  const config = createConfig({
    ...NEEDED,
    application: { name: 'Acme ID' },
    prices: { orders: 5, countries: 0 },
    scopes: { 'orders:read': 'Read your orders', email: 'Read your address' },
    lifetimes: { codeSeconds: 30 },
    credentialCache: { seconds: 5 },
  })
  t.strictSame(config.application, { ...DEFAULT_APPLICATION, name: 'Acme ID' })
  t.strictSame(config.prices, { ...DEFAULT_PRICES, orders: 5, countries: 0 })
  t.strictSame(config.scopes, {
    ...BUILT_IN_SCOPES,
    'orders:read': 'Read your orders',
    email: 'Read your address',
  })
  t.strictSame(config.lifetimes, { ...DEFAULT_LIFETIMES, codeSeconds: 30 })
  t.strictSame(config.credentialCache, { maxCallers: 10_000, seconds: 5 })
})

t.test('an option that is undefined is one that was left out', async t => {
  const undefinedOnes = <T extends object>(defaults: T): Partial<T> =>
    Object.fromEntries(Object.keys(defaults).map(name => [name, undefined])) as Partial<T>
  const config = createConfig({
    ...NEEDED,
    mountPath: undefined,
    application: undefinedOnes(DEFAULT_APPLICATION),
    lifetimes: undefinedOnes(DEFAULT_LIFETIMES),
    retention: undefinedOnes(DEFAULT_RETENTION),
    credentialCache: { maxCallers: undefined, seconds: undefined },
    bodyLimitBytes: undefined,
    plans: undefined,
    logger: undefined,
    now: undefined,
  })
  const { logger, now, ...plain } = config
  const { logger: _logger, now: _now, ...defaults } = createConfig(NEEDED)
  t.strictSame(plain, defaults)
  t.type(now, 'function')
  t.type(logger.warn, 'function')
})

t.test('plans are the ones given, and no others', async t => {
  const free = { ...DEFAULT_PLANS.basic, title: 'Free' } as NonNullable<(typeof DEFAULT_PLANS)['basic']>
  t.strictSame(createConfig({ ...NEEDED, plans: { free } }).plans, { free })
  t.strictSame(problems({ plans: {} }), [
    'plans: must have a plan, or no workspace could be on one; leave it out for basic and enterprise',
  ])
})

t.test('every problem is named at once, each with its option', async t => {
  const found = problems({
    issuer: 'http://example.com',
    mountPath: 'auth/',
    storage: {},
    pages: undefined,
    accounts: { find: () => undefined },
    application: { name: '', locale: 'not a locale', timezone: 'Mars/Olympus' },
    projects: [{ id: 0 }],
    plans: { free: { title: '', hardCap: 'yes', rateLimit: { requests: 0, windowSeconds: 90_000 } } },
    prices: { orders: -1, reads: 0.5 },
    scopes: { 'two words': 'x', empty: '' },
    lifetimes: { codeSeconds: 601, refreshGraceSeconds: 61, sessionSeconds: 0 },
    retention: { eventDays: 61, requestLogDays: 0, auditDays: 0.5, everySeconds: -1, eventMonths: 1 },
    credentialCache: { maxCallers: 0, seconds: 301 },
    meter: { commit: 'never', whenUnavailable: 'hope', queueEvents: 0, outageSeconds: 90_000 },
    management: { rateLimit: { requests: 0, windowSeconds: 60 }, rate: 1 },
    requestLog: { successes: 1.5 },
    bodyLimitBytes: 1.5,
    protection: { windowSeconds: 0, loginFailures: 0, firstBlockSeconds: 7200, guesses: 3 },
    onEvent: 'mail',
    logger: console.log,
    now: new Date(),
    isuer: 'https://example.com',
  })
  const options = [
    'accounts',
    'application.locale',
    'application.name',
    'application.timezone',
    'bodyLimitBytes',
    'credentialCache.maxCallers',
    'credentialCache.seconds',
    'issuer',
    'isuer',
    'lifetimes.codeSeconds',
    'lifetimes.refreshGraceSeconds',
    'lifetimes.sessionSeconds',
    'logger',
    'management.rate',
    'management.rateLimit.requests',
    'meter.commit',
    'meter.outageSeconds',
    'meter.queueEvents',
    'meter.whenUnavailable',
    'mountPath',
    'now',
    'onEvent',
    'pages',
    'plans.free.hardCap',
    'plans.free.includedRequests',
    'plans.free.monthlyFeeNanoEuro',
    'plans.free.rateLimit.requests',
    'plans.free.rateLimit.windowSeconds',
    'plans.free.title',
    'prices.orders',
    'prices.reads',
    'projects.0.categories',
    'projects.0.description',
    'projects.0.directRedirect',
    'projects.0.id',
    'projects.0.isNew',
    'projects.0.link',
    'projects.0.title',
    'protection.guesses',
    'protection.loginFailures',
    'protection.longestBlockSeconds',
    'protection.windowSeconds',
    'requestLog.successes',
    'retention.auditDays',
    'retention.eventDays',
    'retention.eventMonths',
    'retention.everySeconds',
    'retention.requestLogDays',
    'scopes.empty',
    'scopes.two words',
    'storage',
  ]
  t.strictSame([...new Set(found.map(problem => problem.split(': ', 1)[0]))].sort(), options)
  t.ok(found.every(problem => /^[\w. ]+: \S/.test(problem)))
})

t.test('the message of the error holds every problem, a line each', async t => {
  t.throws(() => createConfig({ ...NEEDED, issuer: '', mountPath: 'x' }), {
    name: 'ConfigurationError',
    code: 'invalid_configuration',
    message: /^XWMS cannot start:\n {2}- issuer: .+\n {2}- mountPath: .+$/,
  })
})

t.test('a name that is no option is refused, wherever it stands', async t => {
  const table: [options: object, names: string[]][] = [
    [{ isuer: 'x', Pages: 1 }, ['isuer', 'Pages']],
    [{ application: { title: 'x' } }, ['application.title']],
    [{ lifetimes: { codeMinutes: 1 } }, ['lifetimes.codeMinutes']],
    [{ credentialCache: { ttl: 1 } }, ['credentialCache.ttl']],
    [{ plans: { free: { ...DEFAULT_PLANS.basic, price: 1 } } }, ['plans.free.price']],
  ]
  for (const [options, names] of table)
    t.strictSame(
      problems(options),
      names.map(name => `${name}: is not an option; remove it or correct its name`),
    )
})

t.test('limits of the options stand where they are documented', async t => {
  const table: [options: object, accepted: boolean][] = [
    [{ lifetimes: { codeSeconds: 600 } }, true],
    [{ lifetimes: { codeSeconds: 601 } }, false],
    [{ lifetimes: { refreshGraceSeconds: 0 } }, true],
    [{ lifetimes: { refreshGraceSeconds: 60 } }, true],
    [{ lifetimes: { refreshGraceSeconds: -1 } }, false],
    [{ lifetimes: { accessTokenSeconds: 1 } }, true],
    [{ lifetimes: { accessTokenSeconds: 0 } }, false],
    [{ lifetimes: { accessTokenSeconds: Number.NaN } }, false],
    [{ lifetimes: { accessTokenSeconds: Number.POSITIVE_INFINITY } }, false],
    [{ lifetimes: { accessTokenSeconds: '60' } }, false],
    [{ retention: { eventDays: 62, requestLogDays: 1, auditDays: 1, everySeconds: 0 } }, true],
    [{ retention: { everySeconds: 86_400 } }, true],
    [{ retention: { everySeconds: 86_401 } }, false],
    [{ credentialCache: { seconds: 300 } }, true],
    [{ credentialCache: { maxCallers: 1 } }, true],
    [{ bodyLimitBytes: 1 }, true],
    [{ bodyLimitBytes: 0 }, false],
    [{ prices: { free: 0 } }, true],
    [{ mountPath: '' }, true],
    [{ mountPath: '/a/b' }, true],
    [{ mountPath: '/' }, false],
    [{ mountPath: '/a?b' }, false],
    [{ application: { locale: 'pt-BR' } }, true],
    [{ application: { documentationUrl: 'https://docs.example.com' } }, true],
    [{ application: { documentationUrl: '/docs' } }, false],
  ]
  for (const [options, accepted] of table)
    t.equal(problems(options).length === 0, accepted, JSON.stringify(options))
})

t.test('once checked, the configuration changes no more', async t => {
  const plan = { ...DEFAULT_PLANS.basic, rateLimit: { requests: 5, windowSeconds: 60 } }
  const given = {
    ...NEEDED,
    application: { name: 'Acme ID' },
    plans: { free: plan },
    prices: { orders: 5 },
    scopes: { 'orders:read': 'Read your orders' },
    lifetimes: { codeSeconds: 30 },
    credentialCache: { seconds: 5 },
    projects: [
      {
        id: 1,
        title: 'Site',
        description: '',
        image: undefined,
        link: 'https://example.com',
        isNew: false,
        directRedirect: false,
        publishedAt: undefined,
        categories: [{ id: 1, name: 'Web' }],
      },
    ],
  }
  const config = createConfig(given as KitOptions)
  const { storage, pages, logger, ...plain } = config
  const before = structuredClone({ ...plain, now: undefined })

  for (const frozen of everyObject({ ...plain })) t.ok(Object.isFrozen(frozen), JSON.stringify(frozen))

  given.application.name = 'Evil'
  plan.rateLimit.requests = 1_000_000
  given.prices.orders = 0
  given.lifetimes.codeSeconds = 1
  ;(given.projects[0] as { title: string }).title = 'Evil'
  t.strictSame(structuredClone({ ...plain, now: undefined }), before, 'not even by changing what was given')
})

t.test('the defaults cannot be changed through a configuration', async t => {
  const { basic } = createConfig(NEEDED).plans
  t.throws(() => Object.assign(basic as object, { domains: 1000 }), TypeError)
  t.equal(createConfig(NEEDED).plans.basic?.domains, 3)
})

/** The objects in a value, one in another. */
function everyObject(value: object): object[] {
  return Object.values(value)
    .filter(member => typeof member === 'object' && member !== null && !(member instanceof Date))
    .flatMap(member => [member, ...everyObject(member)])
}

t.test('nothing lasts longer than ten years', async t => {
  const most = 315_360_000
  for (const name of Object.keys(DEFAULT_LIFETIMES)) {
    t.ok(problems({ lifetimes: { [name]: 1e15 } }).length > 0, name)
    if (['codeSeconds', 'refreshGraceSeconds', 'pushedRequestSeconds'].includes(name)) continue
    t.strictSame(
      problems({ lifetimes: { [name]: most + 1 } }),
      [`lifetimes.${name}: must be at most ten years (315,360,000 seconds)`],
      name,
    )
    t.equal(
      createConfig({ ...NEEDED, lifetimes: { [name]: most } }).lifetimes[name as 'sessionSeconds'],
      most,
      name,
    )
  }
})

t.test('what is to be called is a function', async t => {
  t.strictSame(problems({ accounts: { find: 1, signIn: 2 } }), [
    'accounts: must be an object with the functions find, signIn',
  ])
  t.equal(problems({ logger: { debug: 1, info: 1, warn: 1, error: 1 } }).length, 1)
})
