import express, { type Express } from 'express'
import type { Test } from 'tap'
import { type MountedOn, mountedOn, OPTIONS } from '../../../test/support/mounted.ts'
import { type Xwms, type XwmsOptions, xwms } from '../src/index.ts'

/** Builds an Express application with XWMS and starts it; everything ends with the test. */
export function mounted(
  t: Test,
  build: (app: Express, auth: Xwms) => unknown,
  options: XwmsOptions = {},
): Promise<MountedOn<Xwms>> {
  const auth = xwms({ ...OPTIONS, ...options })
  const app = express()
  // Express's own error handler writes to standard error in every other environment.
  app.set('env', 'test')
  build(app, auth)
  return mountedOn(t, auth, app.listen(0, '127.0.0.1'))
}
