import express, { type Express, type Request, type Response } from 'express'
import t, { type Test } from 'tap'
import { RESOURCE, TwoGuards } from '../../../test/support/two-guards.ts'
import type { Xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

/** An application behind a proxy, which tells it of https. */
function metering(t: Test, guards: TwoGuards, build: (app: Express, auth: Xwms) => unknown) {
  const behindProxy = (app: Express, auth: Xwms) => {
    app.set('trust proxy', 'loopback')
    build(app, auth)
  }
  return mounted(t, behindProxy, guards.options)
}

const answer = (_request: Request, response: Response) => void response.json([])

t.test('a request under two guards is billed by both, and the log says so once for each pair', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    const reports = express.Router().use(auth.protect())
    reports.get('/plain', answer)
    reports.get('/dear', auth.protect({ price: 'dear' }), answer)
    reports.get('/named', auth.protect({ price: 'dear', route: 'the dear one' }), answer)
    app.use('/reports', reports)
  })
  await guards.billsBoth(t, host)
})

t.test('whom the second guard refuses has passed one, and pays for one', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    app.use(auth)
    app.use('/reports', auth.protect())
    app.get('/reports', auth.protect({ resource: RESOURCE }), answer)
  })
  await guards.billsTheFirst(t, host)
})

t.test('a guard by token around one by headers goes on to work, and each has its caller', async t => {
  const guards = new TwoGuards()
  const host = await metering(t, guards, (app, auth) => {
    app.use(auth)
    const reports = express.Router().use(auth.protect({ resource: RESOURCE }))
    reports.get('/x', auth.protect({ price: 'dear' }), ({ xwms, xwmsToken }, response) => {
      response.json([xwmsToken.resource, xwmsToken.client.name, xwms.client.name, xwms.domain.host])
    })
    app.use('/reports', reports)
  })
  await guards.findsBothCallers(t, host)
})
