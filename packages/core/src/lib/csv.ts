/** What a cell of a CSV file may hold. */
export type CsvCell = string | number | bigint | undefined

/**
 * Writes rows as CSV (RFC 4180), lines ended by CRLF. Text that a spreadsheet would take for a formula gets an apostrophe in
 * front: a name that somebody chose must not run on the machine of whoever opens the file (CWE-1236). Numbers are left alone.
 */
export function csv(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [header, ...rows].map(row => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: CsvCell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value)
  // Spreadsheets ignore blanks in front of a formula; some take a full-width sign for the sign.
  const text = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}
