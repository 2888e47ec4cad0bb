import {
  formatCents,
  formatEuro,
  formatMonth,
  type InvoiceLine,
  invoiceDraftDocument,
  type MonthCost,
  type MonthPreview,
} from '@xwms/core'
import { earlierText, LINE_COLUMNS } from './invoice-file.ts'
import { type Fields, type Result, record, table } from './result.ts'
import { CAPPED, NO_FORECAST } from './usage-report.ts'

/** What a month costs so far and will have cost, for people and for programs. */
export function invoicePreview({ facts, cost, forecast, forecastCapped, draft }: MonthPreview): Result {
  const head = {
    workspace_id: facts.workspace.id,
    month: formatMonth(facts.month),
    plan: facts.planName,
  }
  const sums = record({
    ...head,
    fee_nano_euro: String(cost.feeNanoEuro),
    so_far: sumsOf(cost),
    at_month_end: forecast ? sumsOf(forecast) : NO_FORECAST,
  })
  return {
    json: {
      ...head,
      cost: costFields(cost),
      forecast: forecast ? costFields(forecast) : null,
      forecast_capped: forecastCapped,
      invoice: draft ? invoiceDraftDocument(draft) : null,
    },
    text: [
      forecastCapped ? `${sums.text}\n${CAPPED}` : sums.text,
      table(LINE_COLUMNS, cost.lines.map(lineFields), LINE_COLUMNS.slice(1)),
      ...earlierText(facts.earlierMonths),
    ].join('\n\n'),
    note:
      draft === undefined
        ? 'Without the option "invoices" (XWMS_CONFIG) the VAT is unknown here.'
        : undefined,
  }
}

/** As an invoice has it, and what it rounds. */
function sumsOf({ netNanoEuro, netCents, vatCents, grossCents }: MonthCost): string {
  const [net, exact] = [formatCents(netCents), formatEuro(netNanoEuro)]
  const rounded = exact === net ? '' : ` of ${exact}`
  return `${formatCents(grossCents)} (net ${net}${rounded}, VAT ${formatCents(vatCents)})`
}

function costFields(cost: MonthCost) {
  return {
    fee_nano_euro: String(cost.feeNanoEuro),
    lines: cost.lines.map(lineFields),
    net_nano_euro: String(cost.netNanoEuro),
    net_cents: Number(cost.netCents),
    vat_basis_points: cost.vatBasisPoints,
    vat_cents: Number(cost.vatCents),
    gross_cents: Number(cost.grossCents),
  }
}

function lineFields(line: InvoiceLine): Fields {
  return {
    route: line.route,
    requests: Number(line.requests),
    free: Number(line.free),
    included: Number(line.included),
    billable: Number(line.billable),
    unit_price_nano_euro: String(line.unitPriceNanoEuro),
    amount_nano_euro: String(line.amountNanoEuro),
  }
}
