import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { CONTENDERS } from './contenders.ts'
import { drive } from './drive.ts'
import { SIGNATURE } from './options.ts'
import type { Introduction } from './server.ts'
import { NONCE, REDIRECT_URI, STATE } from './setting.ts'
import { type SignedIn, WORKLOADS } from './workloads.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function bench(...args: string[]): Promise<Ended> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { XWMS_TEST_DATABASE_URL: databaseUrl = process.env.DATABASE_URL } = process.env
  const env = { ...process.env, ...(databaseUrl && { DATABASE_URL: databaseUrl }) }
  return new Promise(resolve => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

t.test('every contender answers every workload, and the figures are one JSON object', async t => {
  const { code, stdout, stderr } = await bench(
    ...['--rounds', '1', '--seconds', '0.1', '--warm-up', '0.1', '--connections', '4', '--json'],
  )
  t.equal(code, 0, stderr)
  const { versions, rows } = JSON.parse(stdout)
  for (const name of ['oidc-provider', 'better-auth', '@better-auth/oauth-provider', '@xwms/core']) {
    t.match(versions[name], /^\d+\.\d+\.\d+/, name)
  }
  t.same(
    rows.map(({ workload, name, versus }: Record<string, string | null>) => [workload, name, versus]),
    [
      ...WORKLOADS.flatMap(workload =>
        CONTENDERS.map(({ name, versus = null }) => [workload.name, name, versus]),
      ),
      [SIGNATURE, 'jose', null],
    ],
  )
  for (const row of rows) {
    const compared = row.versus === null ? [] : ['ratio', 'cpu_ratio']
    for (const figure of ['rps', 'cpu_us', 'p50_ms', 'p99_ms', ...compared]) {
      const [min, median, max] = [row[`${figure}_min`], row[figure], row[`${figure}_max`]]
      const what = `${row.workload} of ${row.name} has a median and extremes for ${figure}`
      t.ok(min > 0 && min <= median && median <= max, what)
    }
  }
})

t.test('the benchmark explains itself', async t => {
  const { code, stdout } = await bench('--help')
  t.equal(code, 0)
  t.match(stdout, '--connections')
})

t.test('arguments that it does not know are refused in one line', async t => {
  for (const args of [['--fast'], ['--rounds', '0'], ['--only', 'express,keycloak'], ['extra']]) {
    const { code, stdout, stderr } = await bench(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

const PATHS = { authorize: '/', token: '/', introspect: '/', userinfo: '/', jwks: '/' }
const ADA: SignedIn = { sub: 'ada', cookie: 'session=1', accessToken: 'an-opaque-access-token' }
const ES256 = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.x`
const RS256 = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.e30.x`

/** A server that says the same to everything. */
async function saying(t: Test, status: number, body: unknown, location?: string): Promise<Introduction> {
  const server: Server = createServer((request, response) => {
    // The first step of a flow is a GET; the rest depends on whether it went well.
    if (location !== undefined && request.method === 'GET') response.writeHead(303, { location }).end()
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, paths: PATHS, client: { id: 'shop', secret: 'secret' } }
}

function measure(workload: string, server: Introduction) {
  const steps = WORKLOADS.find(({ name }) => name === workload)?.steps(server, ADA) ?? []
  return drive(server.origin, [steps, steps], 0.1)
}

const TOKENS = { access_token: ADA.accessToken, token_type: 'Bearer', expires_in: 60, id_token: ES256 }
const CALLBACK = `${REDIRECT_URI}?code=c&state=${STATE}`

t.test('right answers are counted', async t => {
  t.match(await measure('client-credentials', await saying(t, 200, TOKENS)), { requests: Number })
  t.match(await measure('code-flow', await saying(t, 200, TOKENS, CALLBACK)), { requests: Number })
})

t.test('a wrong answer ends the measurement, and is shown', async t => {
  const refusal = { error: 'invalid_client', nonce: NONCE }
  for (const { name } of WORKLOADS) {
    const refusing = await saying(t, 400, refusal)
    await t.rejects(measure(name, refusing), { message: /answered 400, but .*: \{"error":"invalid_client"/ })
  }
  const wrong: readonly [workload: string, body: object, location?: string][] = [
    ['introspection', { active: false }],
    ['introspection', { active: true, sub: 'somebody else', client_id: 'shop' }],
    ['userinfo', { sub: 'ada' }],
    ['userinfo', { sub: 'somebody else', name: 'Ada', email: 'ada@example.com' }],
    ['client-credentials', { ...TOKENS, access_token: ES256 }],
    ['client-credentials', { token_type: 'Bearer' }],
    ['code-flow', TOKENS, `${REDIRECT_URI}?error=login_required&state=${STATE}`],
    ['code-flow', TOKENS, `${REDIRECT_URI}?code=c&state=other`],
    ['code-flow', TOKENS, '/sign-in'],
    ['code-flow', { ...TOKENS, id_token: RS256 }, CALLBACK],
    ['code-flow', { ...TOKENS, id_token: undefined }, CALLBACK],
  ]
  for (const [workload, body, location] of wrong) {
    const server = await saying(t, 200, body, location)
    await t.rejects(measure(workload, server), { message: /but / }, `${workload} ${JSON.stringify(body)}`)
  }
})

t.test('a server that is gone ends the measurement', async t => {
  const server = await saying(t, 200, TOKENS)
  await t.rejects(measure('userinfo', { ...server, origin: 'http://127.0.0.1:9' }), { message: /127/ })
})
