import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { XwmsClient } from '@xwms/client'
import t from 'tap'
import { dataDirectory } from './data-directory.ts'
import { isRunning, paste, postgresPid, startStandalone } from './standalone.ts'

t.test('one command gives an application to try, and Ctrl-C takes it away again', async t => {
  const directory = await dataDirectory(t)
  const xwms = await startStandalone({ XWMS_DATA_DIR: directory })
  t.teardown(() => xwms.end('SIGKILL'))

  t.match(xwms.stdout, /^Initialising a database, once/, 'the wait is explained')
  t.match(
    xwms,
    { email: /@/, password: /.{8,}/, clientId: /^cl_/, clientSecret: /^xwms_sk_/, domain: /^localhost$/ },
    'the credentials are printed',
  )
  t.equal(xwms.curls.length, 3, 'there are three lines to paste')

  const [info = '', countries = '', orders = ''] = await Promise.all(xwms.curls.map(line => paste(line)))
  t.match(JSON.parse(info), { status: 'success', data: { application: { name: 'XWMS' } } })
  t.match(JSON.parse(countries), { status: 'success', data: { countries: Array } })
  t.equal(JSON.parse(countries).data.countries.length > 200, true, 'there are all countries')
  t.match(JSON.parse(orders), { for: 'Harbour Coffee', orders: [{ number: 2041 }] })

  t.equal(xwms.commands.length, 4, 'the database, and three commands of xwms')
  const told = await paste(xwms.commands.join('\n'))
  t.match(told, /^route +mode +requests +cost\n.*orders +test +1 .*total /s, 'usage')
  t.match(told, /^at +status +refused by +route/m, 'the log')
  t.match(told, /^at month end .*\n\nroute .* unit price +amount\n/m, 'the preview of an invoice')

  const { status, headers } = await fetch(`${xwms.url}/orders`)
  t.equal(status, 401, 'without credentials the route is closed')
  t.match(headers.get('content-type'), 'application/json')
  t.match(await (await fetch(xwms.url)).text(), xwms.partnerUrl, 'the application leads to the partner app')
  t.match(await (await fetch(xwms.partnerUrl)).text(), 'Sign in with XWMS')

  const { mode } = await stat(join(directory, 'demo.json'))
  t.equal(mode & 0o777, 0o600, 'the credentials are kept for their owner alone')

  const postgres = (await postgresPid(directory)) as number
  t.ok(isRunning(postgres), 'PostgreSQL is running')
  const ended = await xwms.end('SIGINT', 'SIGINT')
  t.match(ended, { code: 0, stderr: '' }, 'a Ctrl-C that arrives twice ends it well')
  t.notOk(isRunning(xwms.pid) || isRunning(postgres), 'nothing is left running')
  t.same(
    await readdir(directory),
    ['demo.json', 'encryption-secret', 'postgres'],
    'nothing else was left behind',
  )
  t.equal(await postgresPid(directory), undefined, 'PostgreSQL was shut down in order')
})

t.test('the next start has the same credentials, whatever became of the last one', async t => {
  const directory = await dataDirectory(t)
  const first = await startStandalone({ XWMS_DATA_DIR: directory })
  t.teardown(() => first.end('SIGKILL'))
  const postgres = (await postgresPid(directory)) as number

  await t.test('two at once on the same data are not possible', async t => {
    await t.rejects(startStandalone({ XWMS_DATA_DIR: directory }), {
      message:
        /code 1\.\nPostgreSQL did not start: another one is running on the files in .*\. Stop that one/,
    })
  })

  await t.test('one that is killed takes its PostgreSQL with it', async t => {
    await first.end('SIGKILL')
    for (let tries = 0; isRunning(postgres) && tries < 100; tries++) await new Promise(r => setTimeout(r, 50))
    t.notOk(isRunning(postgres))
  })

  await t.test('credentials persist, and the partner app may have moved', async t => {
    const second = await startStandalone({ XWMS_DATA_DIR: directory })
    t.teardown(() => second.end('SIGKILL'))
    t.notMatch(second.stdout, 'Initialising')
    const { email, password, clientId, clientSecret, domain } = second
    t.match(first, { email, password, clientId, clientSecret, domain })
    t.match(JSON.parse(await paste(second.curls[2] as string)), { for: 'Harbour Coffee' })

    const client = new XwmsClient({ baseUrl: `${second.url}/api/`, clientId, clientSecret, domain })
    const redirectUrl = `${second.partnerUrl}/callback`
    t.match(
      await client.signToken({ redirectUrl }),
      { client_id: clientId },
      'its new callback is registered',
    )
    t.match(await second.end('SIGTERM'), { code: 0 })
  })
})
