import type { AuditEntry, RequestLogEntry, UsageCounter, UsageEvent } from '@xwms/core'
import type { ColumnType, GeneratedAlways } from 'kysely'
import {
  duration,
  integer,
  type JsonObject,
  json,
  type Row,
  table,
  text,
  time,
  total,
  uuid,
} from '../table.ts'

export const usageEvents = table<UsageEvent>('usage_events', {
  id: uuid,
  at: time,
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  mode: text(),
  sub: text(),
  status: integer,
  durationMs: duration,
  priceNanoEuro: integer,
  requestId: text(),
  month: time,
})

export const usageCounters = table<UsageCounter>('usage_counters', {
  hour: time,
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  mode: text(),
  statusClass: integer,
  unitPriceNanoEuro: integer,
  month: time,
  requests: total,
})

export const requestLog = table<RequestLogEntry>('request_log', {
  id: uuid,
  at: time,
  requestId: text(),
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  status: integer,
  durationMs: duration,
  ip: text(),
  userAgent: text(),
  refusedBy: text(),
  facts: json<JsonObject>(),
})

export const audit = table<AuditEntry>('audit', {
  id: text(),
  at: time,
  actor: text(),
  action: text(),
  workspaceId: text(),
  target: text(),
  ip: text(),
  before: json<JsonObject>(),
  after: json<JsonObject>(),
})

/** The ledger, and the logs beside it. */
export interface MeteringTables {
  usage_events: Row<UsageEvent>
  /** A view of `usage_counts` and `usage_shapes`. */
  usage_counters: Row<UsageCounter>
  usage_counts: { shape: string; month: Date; hour: Date; status_class: number; requests: string }
  usage_shapes: { id: string } & Pick<
    Row<UsageCounter>,
    'workspace_id' | 'client_id' | 'domain_id' | 'route' | 'mode' | 'unit_price_nano_euro'
  >
  request_log: Row<RequestLogEntry>
  audit: Row<AuditEntry> & { written: GeneratedAlways<number> }
  workspace_months: {
    workspace_id: string
    month: Date
    closed_at: Date | null
    terms: ColumnType<unknown, string | undefined, string>
  }
}
