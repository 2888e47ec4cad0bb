import { people } from './0001-people.ts'
import { clients } from './0002-clients.ts'
import { authorization } from './0003-authorization.ts'
import { metering } from './0004-metering.ts'
import { profiles } from './0005-profiles.ts'
import { ledger } from './0006-ledger.ts'
import { invoices } from './0007-invoices.ts'
import { clientLimits } from './0008-client-limits.ts'
import { protection } from './0009-protection.ts'
import { retention } from './0010-retention.ts'
import { keyNotices } from './0011-key-notices.ts'
import { appendUsage } from './0012-append-usage.ts'
import { eventsIndex } from './0013-events-index.ts'

import { lateUsage } from './0016-late-usage.ts'
import { limitSetters } from './0017-limit-setters.ts'
import { narrowedGrants } from './0018-narrowed-grants.ts'
import { tokenDetails } from './0019-token-details.ts'
import { usageShapes } from './0020-usage-shapes.ts'
import { closedTerms } from './0021-closed-terms.ts'
import { operatorLimits } from './0022-operator-limits.ts'
import { removals } from './0023-removals.ts'
import type { Migration } from './migration.ts'

/** Every step from an empty database to the present, in order. */
export const migrations: readonly Migration[] = [
  people,
  clients,
  authorization,
  metering,
  profiles,
  ledger,
  invoices,
  clientLimits,
  protection,
  retention,
  keyNotices,
  appendUsage,
  eventsIndex,
  lateUsage,
  limitSetters,
  narrowedGrants,
  tokenDetails,
  usageShapes,
  closedTerms,
  operatorLimits,
  removals,
]
