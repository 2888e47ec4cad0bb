import t from 'tap'
import * as z from 'zod'
import { HttpError } from '../../../src/errors.ts'
import { readPosition, writePosition } from '../../../src/lib/position.ts'
import { cursorOf } from '../../../src/manage/api/cursor.ts'
import { checked, limit, once, several, time } from '../../../src/manage/api/query.ts'

const schema = z.strictObject({
  name: once().optional(),
  from: time.optional(),
  by: several(['client', 'route']).optional(),
  limit,
  cursor: cursorOf(readPosition),
})

/** What the query becomes, or the problem of each of its parameters. */
function outcomeOf(query: string): object {
  try {
    return checked(schema, new URLSearchParams(query))
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    t.match(error, { status: 422, code: 'validation_failed' })
    return error.fields ?? {}
  }
}

const position = { at: new Date('2026-01-31T12:00:00Z'), id: 'evt_1' }

t.test('a good query is completed', async t => {
  t.strictSame(outcomeOf(''), { limit: 50 })
  t.strictSame(
    outcomeOf(
      `limit=200&from=2026-01-31&by=route,client&cursor=${'q'.repeat(12)}${writePosition(position)}&name=%C3%84`,
    ),
    {
      limit: 200,
      from: new Date('2026-01-31'),
      by: ['route', 'client'],
      cursor: { question: 'q'.repeat(12), place: position },
      name: 'Ä',
    },
  )
  t.strictSame(outcomeOf('by=route&by=client&by=route'), { by: ['route', 'client'], limit: 50 })
})

t.test('every bad parameter is named at once', async t => {
  const word = 'must be one of client, route'
  t.match(outcomeOf('limit=0&from=yesterday&by=moon&cursor=forged&name=a&name=b&page=2&__proto__=x'), {
    limit: 'must be a whole number from 1 to 200',
    from: /must be a day/,
    'by.0': word,
    cursor: 'must be the next_cursor of the page before',
    name: 'must be given once',
    page: /not known here/,
  })
  const table: [query: string, field: string, problem: string | RegExp][] = [
    ['limit=201', 'limit', /1 to 200/],
    ['limit=1e1', 'limit', /1 to 200/],
    ['limit=-1', 'limit', /1 to 200/],
    ['limit=', 'limit', /1 to 200/],
    ['limit=5&limit=5', 'limit', 'must be given once'],
    ['from=2026-02-30', 'from', /must be a day/],
    ['from=2026-01-31%00', 'from', /one line|must be a day/],
    ['by=', 'by.0', word],
    ['by=client,', 'by.1', word],
    ['by=__proto__', 'by.0', word],
    ['name=a%0Ab', 'name', 'must be one line of text'],
    ['name=a%00', 'name', 'must be one line of text'],
    [`name=${'x'.repeat(501)}`, 'name', /at most 500/],
    ['toString=1', 'toString', /not known here/],
  ]
  for (const [query, field, problem] of table) t.match(outcomeOf(query), { [field]: problem }, query)
})
