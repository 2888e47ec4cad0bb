import { trustedHtml } from './html.ts'

/** Black on white, whatever the scheme of the reader: this is paper. Sizes on paper are in pt and mm. */
export const INVOICE_STYLES = trustedHtml(`
*, ::before, ::after { box-sizing: border-box; }
:root { color-scheme: light; }
body {
  margin: 0; padding: 1rem; background: #f3f4f6; color: #15181e; overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 1.25rem; border: 1px solid #e1e4e9; border-radius: .75rem; background: #fff; }
h1, h2, p, dl, dd { margin: 0; }
h1 { font-size: 1.5rem; font-weight: 600; line-height: 1.25; letter-spacing: -.015em; }
h2, dt, thead th { color: #555d6b; font-size: .875rem; font-weight: 500; }
dt { overflow-wrap: normal; }
header, .parties { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem 2rem; margin-bottom: 2rem; }
.seller { font-size: .875rem; }
dl div { display: flex; align-items: baseline; gap: 1rem; justify-content: space-between; }
dd { font-variant-numeric: tabular-nums; text-align: end; }
.lines { overflow-x: auto; }
.lines:focus-visible { outline: 2px solid #2b5bd7; outline-offset: 2px; }
table { width: 100%; min-width: 44rem; border-collapse: collapse; font-size: .875rem; }
th, td { padding: .5rem; border-bottom: 1px solid #e1e4e9; font-weight: 400; text-align: start; vertical-align: top; }
th:first-child { padding-inline-start: 0; }
td:last-child, th:last-child { padding-inline-end: 0; }
thead th { border-bottom-color: #858d9b; vertical-align: bottom; }
.number { font-variant-numeric: tabular-nums; text-align: end; white-space: nowrap; overflow-wrap: normal; }
.totals { width: 18rem; max-width: 100%; margin: 1.25rem 0 0 auto; break-inside: avoid; }
.totals div { padding: .25rem 0; }
.totals div:last-child { margin-top: .25rem; padding-top: .5rem; border-top: 2px solid #15181e; font-weight: 600; }
.totals div:last-child dt { color: inherit; font-size: inherit; font-weight: 600; }
.note { margin-top: 1.25rem; color: #555d6b; font-size: .875rem; break-inside: avoid; white-space: pre-line; }
@media screen and (max-width: 47.99rem) {
  table { min-width: 0; }
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { padding: .5rem 0; border-bottom: 1px solid #e1e4e9; }
  tbody th, tbody td { padding: .125rem 0; border: 0; white-space: normal; }
  tbody th { font-weight: 600; }
  tbody td { display: flex; gap: 1rem; justify-content: space-between; }
  tbody td::before { color: #555d6b; content: attr(data-label); }
  tbody td:empty { display: none; }
}
@media (min-width: 48rem) { body { padding: 2rem; } main { padding: 3rem; } }
@page { margin: 18mm 16mm; @bottom-right { color: #555d6b; font-size: 8pt; content: counter(page) " / " counter(pages); } }
@media print {
  body { padding: 0; background: none; font-size: 10pt; }
  main { max-width: none; padding: 0; border: 0; }
  h1 { font-size: 16pt; }
  h2, dt, thead th, .seller, table, .note { font-size: 8.5pt; }
  .lines { overflow: visible; }
  table { min-width: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  th, td { padding: 1.5mm; }
}
`)
