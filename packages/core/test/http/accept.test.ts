import t from 'tap'
import { asksFor, preferredType } from '../../src/http/accept.ts'

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

t.test('an unusual type is for a caller that names it and likes it no less than the usual one', async t => {
  const table: [accept: string | undefined, asked: boolean][] = [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/*', false],
    ['application/json', false],
    ['application/json;q=0.1, text/*', false],
    ['text/csv', true],
    ['TEXT/CSV;q=0.001', true],
    ['text/csv, */*', true],
    ['application/json, text/csv', true],
    ['application/json;q=0.5, text/csv;q=0.6', true],
    ['application/json, text/csv;q=0.1', false],
    ['*/*, text/csv;q=0.9', false],
    ['text/csv;q=0', false],
    ['text/csv;q=0, application/json;q=0', false],
    ['text/csv;q=0, application/json', false],
  ]
  for (const [accept, asked] of table)
    t.equal(asksFor(accept, 'text/csv', 'application/json'), asked, String(accept))
})
