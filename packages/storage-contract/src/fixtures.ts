import {
  accessToken,
  code,
  deviceApproval,
  deviceCode,
  grant,
  interaction,
  issue,
  pushedRequest,
  refreshToken,
  signingKey,
} from './fixtures/authorization.ts'
import { approval, client, domain, member, secret, workspace } from './fixtures/clients.ts'
import {
  audit,
  meteredRequest,
  requestLogEntry,
  reservation,
  usageBatch,
  windowUse,
} from './fixtures/metering.ts'
import { addressFields, session, user } from './fixtures/people.ts'
import { block, failure, workspaceEvent } from './fixtures/protection.ts'
import { approve, storedClient, storedCode, storedIssue, storedWorkspace } from './fixtures/stored.ts'
import { hash, later, now, sub } from './fixtures/values.ts'

/**
 * Builders of model objects: complete, valid, with ids of their own, so that tests never meet in one database. Each takes
 * the fields that the test is about.
 */
export const fixtures = {
  now,
  later,
  hash,
  sub,
  user,
  addressFields,
  session,
  workspace,
  member,
  client,
  secret,
  domain,
  approval,
  interaction,
  pushedRequest,
  deviceCode,
  deviceApproval,
  code,
  grant,
  issue,
  accessToken,
  refreshToken,
  signingKey,
  meteredRequest,
  usageBatch,
  windowUse,
  reservation,
  requestLogEntry,
  audit,
  block,
  failure,
  workspaceEvent,
  storedWorkspace,
  storedClient,
  storedCode,
  storedIssue,
  approve,
}
