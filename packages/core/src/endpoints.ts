import { accountForm, accountPage } from './accounts/account.ts'
import { consentForm, consentPage } from './accounts/consent.ts'
import { deviceForm, devicePage, deviceResume } from './accounts/device.ts'
import { errorPage } from './accounts/error-page.ts'
import { signInForm, signInPage } from './accounts/sign-in.ts'
import { signedOutPage } from './accounts/signed-out.ts'
import { countries } from './api/countries.ts'
import { info } from './api/info.ts'
import { projects } from './api/projects.ts'
import { signToken, signTokenResume } from './api/sign-token.ts'
import { signTokenVerify } from './api/sign-token-verify.ts'
import { changeUserAddress, userAddresses } from './api/user-address.ts'
import { userInfo } from './api/user-info.ts'
import type { Endpoint } from './context/endpoint.ts'
import { MANAGE_PATH } from './context/tokens/resources.ts'
import { createPathTable, type PathTable } from './lib/path-table.ts'
import { blockLift, blocks } from './manage/api/blocks.ts'
import { events } from './manage/api/events.ts'
import { invoice, invoices } from './manage/api/invoices.ts'
import { clientLimits, clientLimitsChange, limits, limitsChange } from './manage/api/limits.ts'
import { managementMetadata } from './manage/api/metadata.ts'
import { plan } from './manage/api/plan.ts'
import { requests } from './manage/api/requests.ts'
import { usage } from './manage/api/usage.ts'
import { authorize, authorizeByForm, authorizeResume } from './oauth/authorize.ts'
import { deviceAuthorization } from './oauth/device-authorization.ts'
import { endSessionByForm, endSessionConfirm, endSessionEndpoint } from './oauth/end-session.ts'
import { introspection } from './oauth/introspection.ts'
import { authorizationServerMetadata, jwks, openidConfiguration } from './oauth/metadata.ts'
import { pushedAuthorization } from './oauth/pushed-authorization.ts'
import {
  deleteRegistration,
  readRegistration,
  updateRegistration,
} from './oauth/registration/client-configuration.ts'
import { register } from './oauth/registration/register.ts'
import { revocation } from './oauth/revocation.ts'
import { token } from './oauth/token.ts'
import { userinfo, userinfoByPost } from './oauth/userinfo.ts'

/** Every endpoint of the kit: its method and path, what it reads, who may call it, and how it fails. */
export const ENDPOINTS: readonly Endpoint[] = [
  // The XWMS API (xwms-api.md, "Endpoints")
  info,
  projects,
  countries,
  signToken,
  signTokenVerify,
  userInfo,
  userAddresses,
  changeUserAddress,

  // OAuth 2.0 and OpenID Connect
  openidConfiguration,
  authorizationServerMetadata,
  jwks,
  authorize,
  authorizeByForm,
  authorizeResume,
  pushedAuthorization,
  token,
  deviceAuthorization,
  introspection,
  revocation,
  userinfo,
  userinfoByPost,
  endSessionEndpoint,
  endSessionByForm,
  endSessionConfirm,
  register,
  readRegistration,
  updateRegistration,
  deleteRegistration,

  // The management API
  managementMetadata,
  usage,
  requests,
  invoices,
  invoice,
  plan,
  limits,
  limitsChange,
  clientLimits,
  clientLimitsChange,
  events,
  blocks,
  blockLift,

  // Pages
  signInPage,
  signInForm,
  consentPage,
  consentForm,
  devicePage,
  deviceForm,
  deviceResume,
  accountPage,
  accountForm,
  signedOutPage,
  errorPage,
  signTokenResume,
]

/** The endpoints of one path, by method. */
export type PathEndpoints = ReadonlyMap<string, Endpoint>

/** The endpoint table by path, for a lookup instead of a search. */
export function endpointsByPath(): PathTable<PathEndpoints> {
  const paths = new Map<string, Map<string, Endpoint>>()
  for (const endpoint of ENDPOINTS) {
    const methods = paths.get(endpoint.path) ?? new Map<string, Endpoint>()
    methods.set(endpoint.method, endpoint)
    paths.set(endpoint.path, methods)
  }
  return createPathTable(paths)
}

/** Whether a path is the kit's though no endpoint is there: who calls the management API hears from nobody else. */
export function ownsPath(path: string): boolean {
  return (
    path.startsWith(MANAGE_PATH) && (path.length === MANAGE_PATH.length || path.startsWith(`${MANAGE_PATH}/`))
  )
}
