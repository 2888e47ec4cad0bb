// The public names of @xwms/core, one place for all of them.

export type { Match } from './answer.ts'
export { type AdapterOptions, adapterOptions } from './config/adapter-options.ts'
export { type Config, createConfig } from './config/config.ts'
export { BUILT_IN_SCOPES, DEFAULT_PLANS, DEFAULT_PRICES } from './config/defaults.ts'
export type {
  Accounts,
  AuthorizationDetailType,
  FindCertificate,
  HostSigningKey,
  InvoiceOptions,
  InvoicePdf,
  KeyOptions,
  KitOptions,
  Lifetimes,
  Logger,
  ManagementOptions,
  MeterOptions,
  OAuthOptions,
  OutboundOptions,
  PaymentProvider,
  RegistrationOptions,
  RequestLogOptions,
  ResourceOptions,
  RetentionOptions,
  SelfMadeClientOptions,
  VatRule,
  XwmsOptions,
} from './config/options.ts'
export type { ProtectionOptions } from './config/protection.ts'
export { type ClosedTermsDocument, closedTerms } from './context/billing/closed-terms.ts'
export type { BillingConfig } from './context/billing/compose-invoice.ts'
export { invoiceCsv, percent } from './context/billing/invoice-csv.ts'
export {
  type InvoiceDocument,
  type InvoiceDraftDocument,
  invoiceDocument,
  invoiceDraftDocument,
  readInvoiceDocument,
} from './context/billing/invoice-document.ts'
export { type MonthTerms, monthCost } from './context/billing/month-cost.ts'
export { monthForecast } from './context/billing/month-forecast.ts'
export { type PrintedFact, type PrintedInvoice, printedInvoice } from './context/billing/printed-invoice.ts'
export { priceAt } from './context/billing/unit-price.ts'
export type { IssuedSecret } from './context/clients/issue-secret.ts'
export type { Caller, RouteLimit } from './context/endpoint.ts'
export { ENDPOINTS } from './endpoints.ts'
export { ConfigurationError, HttpError, InputError, StorageUnavailableError, XwmsError } from './errors.ts'
export type { Admission, AdmittedCaller, Guard, GuardRequest, Refusal } from './header-auth/guard.ts'
export { RULES } from './header-auth/rules.ts'
export { isAnswerUnwanted } from './http/client-left.ts'
export { lingerOnClose } from './http/lingering-close.ts'
export { endOnceMetered, type ResponseMeter } from './http/metered-response.ts'
export {
  findBody,
  type PresentedCertificate,
  peerCertificate,
  rememberAddress,
  sendResponse,
  splitTarget,
  type Target,
} from './http/node.ts'
export type { HttpBody, HttpHeaders, HttpRequest } from './http/request.ts'
export type { HttpResponse } from './http/response.ts'
export { createKit, type Kit, type MountedKit } from './kit.ts'
export { addressText } from './lib/ip.ts'
export { formatCents, formatEuro, NANO_EURO } from './lib/money.ts'
export { formatMonth, monthAfter, monthOf, parseMonth } from './lib/month.ts'
export { isWholeHour, parseTime } from './lib/time.ts'
export { MAX_BATCH_EVENTS, usageEventId } from './lib/usage-event-id.ts'
export { type BillingDetailsInput, setBillingDetails } from './manage/billing-details.ts'
export { type BlockEnvironment, type LiftedBlock, liftBlock } from './manage/blocks.ts'
export {
  type ClientChanges,
  type ClientInput,
  type CreatedClient,
  createClient,
  updateClient,
} from './manage/clients.ts'
export { addDomain, type DomainChanges, type DomainInput, updateDomain } from './manage/domains.ts'
export type { ManageEnvironment } from './manage/environment.ts'
export { existingClient, existingWorkspace } from './manage/existing.ts'
export {
  type ClosedMonth,
  type CollectedInvoice,
  closeMonth,
  closeMonths,
  collectInvoice,
  existingInvoice,
  type InvoiceEnvironment,
  type MonthInput,
  type MonthOutcome,
  type MonthPreview,
  previewMonth,
} from './manage/invoices.ts'
export {
  type KeyEnvironment,
  type KeyRotation,
  type KeyRotationInput,
  type KeyState,
  listKeys,
  rotateKeys,
} from './manage/keys.ts'
export { type CapChanges, type ClientOfWorkspace, changeCaps, changeClientLimit } from './manage/limits.ts'
export {
  type ReconcileEnvironment,
  type ReconcileInput,
  type ReconcileReport,
  reconcile,
} from './manage/reconcile.ts'
export { linkSecret, type SecretLinkInput } from './manage/secret-links.ts'
export {
  createSecret,
  type RotationInput,
  revokeSecret,
  rotateSecret,
  type SecretInput,
} from './manage/secrets.ts'
export {
  type BilledLater,
  billedLater,
  type CostSummary,
  type MonthSummary,
  monthSummary,
  type UsageSum,
  usageColumns,
  usageCsv,
  usageRowJson,
  usageTotal,
} from './manage/usage.ts'
export { createUser, findUser, type UserInput } from './manage/users.ts'
export {
  createWorkspace,
  updateWorkspace,
  type WorkspaceChanges,
  type WorkspaceInput,
} from './manage/workspaces.ts'
export type { Application, Project } from './model/application.ts'
export type {
  AccessToken,
  Code,
  DeviceApproval,
  DeviceCode,
  Flow,
  Grant,
  Interaction,
  LogoutDelivery,
  PushedRequest,
  RefreshToken,
  SigningAlgorithm,
  SigningKey,
} from './model/authorization.ts'
export { BLOCK_ANSWERS, type Block, type BlockAnswer, type Failure } from './model/block.ts'
export {
  type Approval,
  CLIENT_PROFILES,
  CLIENT_SOURCES,
  CLIENT_TYPES,
  type Client,
  type ClientProfile,
  type ClientSource,
  type ClientType,
  type ClientUser,
  DOMAIN_MODES,
  type Domain,
  type DomainMode,
  GRANT_TYPES,
  type Secret,
} from './model/client.ts'
export {
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthenticationMethod,
  type ClientMetadata,
} from './model/client-metadata.ts'
export type {
  EarlierMonth,
  Invoice,
  InvoiceCustomer,
  InvoiceDraft,
  InvoiceLine,
  MonthCost,
  MonthUsage,
  Seller,
} from './model/invoice.ts'
export type { JsonWebKey } from './model/json-web-key.ts'
export {
  type AccountView,
  type AskedItem,
  type ConsentView,
  type DeviceView,
  type ErrorView,
  type FormPostView,
  type LogoutView,
  type MessageView,
  PAGE_MESSAGES,
  type PageAccess,
  type PageApplication,
  type PageBase,
  type PageClient,
  type PageForm,
  type PageMessage,
  type PageScope,
  type PageSession,
  type Pages,
  type PageUser,
  type SignInView,
} from './model/page.ts'
export { type Actor, isPermitted, PERMISSIONS, type Permission } from './model/permission.ts'
export type { Plan, RateLimit } from './model/plan.ts'
export type { Price, PriceStep } from './model/price.ts'
export type { LedgerCheck, LedgerDifference, Reconciliation } from './model/reconciliation.ts'
export {
  type AuditEntry,
  type BatchTotals,
  type EventWaiter,
  type MeteredRequest,
  type MonthTotal,
  type RequestLogEntry,
  USAGE_DIMENSIONS,
  USAGE_INTERVALS,
  type UsageBatch,
  type UsageCounter,
  type UsageDimension,
  type UsageEvent,
  type UsageInterval,
  type UsageRow,
  type WindowUse,
} from './model/usage.ts'
export {
  ADDRESS_TYPES,
  type Address,
  type AddressFields,
  type AddressType,
  GENDERS,
  type Gender,
  type Session,
  type SocialProfile,
  type Sub,
  type User,
} from './model/user.ts'
export {
  type BillingDetails,
  type Member,
  PLAN_STATUSES,
  type PlanStatus,
  ROLES,
  type Role,
  type Workspace,
} from './model/workspace.ts'
export {
  WORKSPACE_EVENT_TYPES,
  type WorkspaceEvent,
  type WorkspaceEventType,
} from './model/workspace-event.ts'
export { type ProtectOptions, type TokenProtectOptions, takesTokens } from './protect.ts'
export type {
  Codes,
  ConsumeOutcome,
  DeviceCodes,
  Interactions,
  Issue,
  Keys,
  LogoutDeliveries,
  PushedRequests,
  Replays,
  RotateOutcome,
  Successor,
  Tokens,
} from './storage/authorization.ts'
export type {
  ComposeInvoice,
  InvoiceQuery,
  Invoices,
  LateQuery,
  LateUsage,
  MonthFacts,
  ReconcileQuery,
  Reconciler,
  StoredInvoice,
} from './storage/billing.ts'
export type { Clients, ClientUsers, CredentialFacts, PlanInUse, Workspaces } from './storage/clients.ts'
export type {
  Maintenance,
  MaintenanceReport,
  PartitionMaintenance,
  RetentionDays,
  TableMaintenance,
} from './storage/maintenance.ts'
export type {
  AdmitOutcome,
  Audit,
  Limits,
  RequestLog,
  RequestLogQuery,
  Reservation,
  SeriesPosition,
  SeriesQuery,
  Usage,
  UsageQuery,
  WorkspaceMonth,
} from './storage/metering.ts'
export type { Addresses, Sessions, Users } from './storage/people.ts'
export type {
  BlockQuery,
  Blocks,
  FailureCounts,
  FailureRange,
  Failures,
  KnownOrigins,
  Position,
  WorkspaceEventQuery,
  WorkspaceEvents,
} from './storage/protection.ts'
export type { Change, Changes, Storage } from './storage/storage.ts'
export type { UpdateOutcome } from './storage/update.ts'
export {
  type McpAuthInfo,
  mcpAuthInfo,
  type TokenAdmission,
  type TokenCaller,
  type TokenGuard,
  type TokenGuardRequest,
  type TokenRefusal,
} from './token-auth/guard.ts'
