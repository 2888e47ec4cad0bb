import { type MeteredRequest, monthOf } from '@xwms/core'
import t from 'tap'
import { books } from '../../../test/support/books.ts'
import { json, xwms } from './command.ts'

const thisMonth = monthOf(new Date())
const lastMonth = monthOf(new Date(thisMonth.getTime() - 1))
const last = lastMonth.toISOString().slice(0, 7)
const current = thisMonth.toISOString().slice(0, 7)

t.test('a month is closed', async t => {
  const { storage, env } = await books(t, {
    config: `export default {
      plans: { gold: { title: 'Gold', monthlyFeeNanoEuro: 29_000_000_000, includedRequests: 2, hardCap: false } },
      invoices: {
        seller: { name: 'Grün GmbH', addressLines: ['Straße 1'], country: 'DE' },
        vatBasisPoints: 1900,
        payments: {
          async collect({ number, grossCents }) {
            if (grossCents > 10_000n) throw new Error('card declined')
            return { reference: 'pi_' + number }
          },
        },
      },
    }`,
  })

  async function workspace(id: string, plan = 'gold', createdAt = lastMonth) {
    const audit = { id: `aud_${id}`, at: createdAt, actor: 'test', action: 'workspace.created', target: id }
    await storage.workspaces.create(
      {
        id,
        name: `Team ${id}`,
        plan,
        planStatus: 'active',
        monthlyRequestCap: undefined,
        monthlySpendCapNanoEuro: undefined,
        billing: undefined,
        createdAt,
      },
      [],
      { ...audit, workspaceId: id, ip: undefined, before: undefined, after: undefined },
    )
  }

  async function use(workspaceId: string, times: number, at: Date, priceNanoEuro = 10_000_000) {
    const request: MeteredRequest = {
      at,
      workspaceId,
      clientId: 'cl_1',
      domainId: undefined,
      route: 'GET /größe',
      mode: 'live',
      sub: undefined,
      status: 200,
      durationMs: 1,
      priceNanoEuro,
      requestId: 'req',
      caller: undefined,
    }
    const id = crypto.randomUUID()
    await storage.usage.append({ id, events: Array.from({ length: times }, () => request), windows: [] })
  }

  await workspace('ws_a')
  await workspace('ws_b')
  await workspace('ws_lost', 'no-such-plan')
  await workspace('ws_new', 'gold', thisMonth)
  await use('ws_a', 5, lastMonth)
  await use('ws_a', 1, thisMonth)

  await t.test('billing details are said once, checked, and shown', async t => {
    const set = ['workspace', 'billing', '--workspace', 'ws_a', '--name', 'Acme B.V.']
    const billing = await json(
      [
        ...set,
        '--address-line',
        'Damrak 1',
        '--address-line',
        'Amsterdam',
        '--country',
        'NL',
        '--vat-id',
        'NL1234',
      ],
      env,
    )
    t.match(billing, {
      id: 'ws_a',
      billing: {
        name: 'Acme B.V.',
        address_lines: ['Damrak 1', 'Amsterdam'],
        country: 'NL',
        vat_id: 'NL1234',
      },
    })
    t.match(await xwms([...set, '--address-line', ' ', '--country', 'Holland'], env), {
      code: 2,
      stderr: /^error: --address-line must not be empty; --country must be an ISO 3166-1 alpha-2 code/,
    })
  })

  await t.test('a preview tells what a month costs so far', async t => {
    const preview = ['invoice', 'preview', '--workspace', 'ws_a']
    t.match(await json([...preview, '--month', last], env), {
      workspace_id: 'ws_a',
      month: last,
      plan: 'gold',
      cost: {
        net_nano_euro: '29030000000',
        net_cents: 2903,
        vat_cents: 552,
        lines: [{ route: 'GET /größe', requests: 5, included: 2, billable: 3, amount_nano_euro: '30000000' }],
      },
      invoice: { customer: { name: 'Acme B.V.' }, gross: 'EUR 34.55' },
    })
    const { stdout } = await xwms([...preview, '--month', last], env)
    t.match(stdout, /^fee +EUR 29\.00$/m)
    t.match(stdout, / unit price +amount\nGET \/größe +5 +0 +2 +3 +EUR 0\.01 +EUR 0\.03\n/)
    t.match(await json(preview, env), { month: current, cost: { net_cents: 2900 }, forecast_capped: false })
    const { DATABASE_URL } = env
    await workspace('ws_basic', 'basic')
    t.match(await xwms(['invoice', 'preview', '--workspace', 'ws_basic'], { DATABASE_URL }), {
      code: 0,
      stderr: /the VAT is unknown here/,
    })
  })

  await t.test('what cannot be closed is refused with a remedy', async t => {
    const close = ['invoice', 'close', '--month']
    t.match(await xwms([...close, current], env), {
      code: 2,
      stderr: /is not over before .* a preview shows/,
    })
    t.match(await xwms([...close, '2026-13'], env), { code: 2, stderr: /Give a month such as 2026-10/ })
    t.match(await xwms([...close, last, '--workspace', 'ws_new'], env), {
      code: 2,
      stderr: /no workspace "ws_new" that was there/,
    })
    t.match(await xwms([...close, last, '--workspace', 'ws_lost'], env), {
      code: 2,
      stderr: /on the plan "no-such-plan" at the end of .* Add it to the configuration's plans/,
    })
    t.match(await xwms([...close, last], { DATABASE_URL: env.DATABASE_URL }), {
      code: 2,
      stderr: /Set the option "invoices" of the configuration/,
    })
  })

  const number = (sequence: number) =>
    `INV-${new Date().getUTCFullYear()}-${String(sequence).padStart(6, '0')}`

  await t.test('one month of one workspace is closed once', async t => {
    const close = ['invoice', 'close', '--month', last, '--workspace', 'ws_a', '--collect']
    const closed = await json(close, env)
    t.match(closed, { outcome: 'closed', number: number(1), gross_cents: 3455, reference: `pi_${number(1)}` })
    t.match(await json(close, env), { ...closed, outcome: 'already_closed' })
    t.match(await xwms(['invoice', 'preview', '--workspace', 'ws_a', '--month', last], env), {
      code: 2,
      stderr: new RegExp(`is closed for the workspace ws_a: see the invoice ${number(1)}`),
    })
  })

  await t.test('every other one is closed, and what cannot be is named', async t => {
    await use('ws_b', 20_000, lastMonth)
    const { code, stdout } = await xwms(['invoice', 'close', '--month', last, '--collect', '--json'], env)
    t.equal(code, 1)
    const { invoices, already_closed, failures } = JSON.parse(stdout)
    t.equal(already_closed, 1)
    t.match(invoices, [{ number: number(2), workspace_id: 'ws_b' }])
    t.match(failures, [
      { workspace_id: 'ws_basic', number: null, code: 'unknown_plan' },
      { workspace_id: 'ws_lost', number: null, code: 'unknown_plan' },
      { workspace_id: 'ws_b', number: number(2), code: 'failed', message: 'card declined' },
    ])
    const again = await xwms(['invoice', 'close', '--month', last], env)
    t.match(again, {
      code: 1,
      stdout: new RegExp(
        `^Closed already for 2 workspaces: xwms invoice list --month ${last}\n\n` +
          'Not closed for 2 workspaces; mend what is said of each and run it again:\n' +
          'workspace id +code +message\nws_basic +unknown_plan .*\nws_lost +unknown_plan .*\n\n' +
          'Exit code 1: 2 failures\\.\n$',
      ),
    })
  })

  await t.test('what is closed, and what fails beside it, is told apart', async t => {
    await workspace('ws_c')
    await workspace('ws_d')
    await use('ws_d', 20_000, lastMonth)
    t.match(await xwms(['invoice', 'close', '--month', last, '--collect'], env), {
      code: 1,
      stdout: new RegExp(
        `^Closed for 2 workspaces:\nnumber .*\n${number(3)} +ws_c .*\n${number(4)} +ws_d .*\n\n` +
          `Closed already for 2 workspaces: .*\n\nNot closed for 2 workspaces; .*\n.*\n.*\n.*\n\n` +
          `Closed, but the money could not be collected; xwms invoice collect asks again:\n` +
          `number .*\n${number(4)} +ws_d +failed +card declined\n\nExit code 1: 3 failures`,
      ),
      stderr: /Made out to a name without an address/,
    })
  })

  await t.test('where nobody is left to close, it is said why', async t => {
    const monthBefore = monthOf(new Date(lastMonth.getTime() - 1))
    const before = monthBefore.toISOString().slice(0, 7)
    const close = ['invoice', 'close', '--month', before]
    t.match(await xwms(close, env), { code: 0, stdout: `No workspace was there in ${before}.` })
    await workspace('ws_old', 'gold', monthBefore)
    t.match(await xwms(close, env), { code: 0, stdout: /^Closed for 1 workspace:\n.*\n.*ws_old.*\n$/ })
    t.match(await xwms(close, env), {
      code: 0,
      stdout: `Closed already for 1 workspace: xwms invoice list --month ${before}\n`,
    })
  })
})
