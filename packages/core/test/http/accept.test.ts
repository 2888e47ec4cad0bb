import t from 'tap'
import { preferredType } from '../../src/http/accept.ts'

const OFFERED = ['application/json', 'text/csv', 'text/html'] as const

t.test('a caller gets the type that it likes best, and else the first', async t => {
  const table: [accept: string | undefined, type: string][] = [
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV;q=0.5', 'text/csv'],
    ['text/csv, application/json', 'application/json'],
    ['text/csv, application/json;q=0.9', 'text/csv'],
    ['text/*;q=0.5, text/html, */*;q=0.1', 'text/html'],
    ['text/*, text/csv;q=0.1', 'text/html'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['text/csv;header=present;q=1', 'text/csv'],
    ['image/png', 'application/json'],
    ['text/csv;q=0, */*', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['text/csv;q=7', 'text/csv'],
    [',;=,;', 'application/json'],
  ]
  for (const [accept, type] of table) t.equal(preferredType(accept, OFFERED), type, String(accept))
})
