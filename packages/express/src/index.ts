// The public names of @xwms/express.

export type { AdmittedCaller, TokenCaller, XwmsOptions } from '@xwms/core'
export { type Xwms, xwms } from './xwms.ts'
