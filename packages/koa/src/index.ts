// The public names of @xwms/koa.

export type { AdmittedCaller, XwmsOptions } from '@xwms/core'
export { type Xwms, xwms } from './xwms.ts'
