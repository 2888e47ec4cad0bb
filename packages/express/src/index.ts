// The public names of @xwms/express.

export type { AdmittedCaller, XwmsOptions } from '@xwms/core'
export { type Xwms, xwms } from './xwms.ts'
