import { type Invoice, type PrintedInvoice, printedInvoice } from '@xwms/core'
import { type Html, html } from './html.ts'
import { INVOICE_STYLES } from './invoice-styles.ts'
import { foreign } from './layout.ts'

/**
 * An invoice as one HTML document, to be read on a screen of any size and to be printed on A4 or Letter: it needs nothing but
 * itself, and runs nothing. Unlike the pages of a browser's visit it bears no brand; it is the seller's paper.
 *
 * @param nonce for the style sheet, where the document is served under a content security policy
 */
export function invoicePage(invoice: Invoice, nonce?: string): string {
  const { locale, title, ...printed } = printedInvoice(invoice)
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${nonce === undefined ? html`<style>${INVOICE_STYLES}</style>` : html`<style nonce="${nonce}">${INVOICE_STYLES}</style>`}
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<section aria-label="Seller" class="seller">${address(printed.seller)}</section>
</header>
<div class="parties">
<section aria-label="Customer">
<h2>To</h2>
${address(printed.customer)}
</section>
<dl>
${printed.facts.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${foreign(value)}</dd></div>\n`)}
</dl>
</div>
${lines(printed)}
<dl class="totals">
${printed.totals.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>\n`)}
</dl>
${printed.notes.map(note => html`<p class="note" dir="auto">${note}</p>\n`)}
</main>
</body>
</html>
`.toString()
}

function address([name, ...lines]: readonly string[]): Html {
  return html`<p><strong dir="auto">${name}</strong>${lines.map(line => html`<br>${foreign(line)}`)}</p>`
}

/** A screen that is too narrow for wide numbers scrolls them; whoever has only a keyboard does so, too. */
function lines({ columns, rows }: Pick<PrintedInvoice, 'columns' | 'rows'>): Html {
  const [first, ...numbers] = columns
  return html`<div class="lines" role="region" aria-label="Lines" tabindex="0">
<table role="table">
<thead>
<tr role="row"><th scope="col" role="columnheader">${first}</th>${numbers.map(column => html`<th scope="col" role="columnheader" class="number">${column}</th>`)}</tr>
</thead>
<tbody>
${rows.map(cells => row(cells, numbers))}</tbody>
</table>
</div>`
}

/**
 * Where there is no room for columns each number stands on a line of its own, behind the head of its column. The roles are said
 * because a browser forgets that it is a table once it is not laid out as one.
 */
function row([description, ...numbers]: readonly string[], heads: readonly string[]): Html {
  return html`<tr role="row"><th scope="row" role="rowheader" dir="auto">${description}</th>${numbers.map((cell, index) => html`<td role="cell" class="number" data-label="${heads[index] ?? ''}">${cell}</td>`)}</tr>
`
}
