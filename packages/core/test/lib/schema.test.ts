import t from 'tap'
import * as z from 'zod'
import {
  distinct,
  fieldProblems,
  label,
  listOf,
  normalised,
  string,
  text,
  without,
} from '../../src/lib/schema.ts'

/** What JSON can send where something with a length is asked for, and what breaks whoever compares that length. */
const NO_LENGTHS: Readonly<Record<string, unknown>> = {
  number: 1,
  null: null,
  object: {},
  'a length': { length: 1 },
  'a length beyond every bound': { length: 1e9 },
  'a length below every bound': { length: -1 },
  'a length that is no primitive': { length: { toString: 1, valueOf: 1 } },
  'a length that is text': { length: 'a' },
  'a length as deep as a body allows': { length: JSON.parse('['.repeat(30_000) + ']'.repeat(30_000)) },
}

const SCHEMAS: Readonly<Record<string, { schema: z.ZodType; problem: string; takesLists?: true }>> = {
  'bare text': { schema: string('must be text').min(1).max(9).length(5), problem: 'must be text' },
  text: { schema: text().min(1).max(9), problem: 'must be text' },
  'text that may be missing': { schema: text().max(9).nullish(), problem: 'must be text' },
  'a format': { schema: text().check(z.email('must be an address')).max(254), problem: 'must be text' },
  'a label': { schema: label, problem: 'must be text' },
  'what is normalised': {
    schema: normalised(value => value.slice(1), 'no').pipe(text().max(9)),
    problem: 'must be text',
  },
  'what has no problem': { schema: without(value => value.slice(1)), problem: 'must be text' },
  'a list': {
    schema: listOf(text(), 'must be a list').min(1).max(9).nonempty(),
    problem: 'must be a list',
    takesLists: true,
  },
  'a list of different entries': { schema: distinct(text()), problem: 'must be a list', takesLists: true },
}

for (const [name, { schema, problem, takesLists }] of Object.entries(SCHEMAS)) {
  t.test(`${name} refuses what is of another kind, whatever it says its length is`, async t => {
    for (const [what, value] of Object.entries(NO_LENGTHS)) {
      if (value === null && schema.safeParse(null).success) continue
      t.same(refusal(z.object({ field: schema }), { field: value }), { field: problem }, what)
    }
    for (const list of [[], ['a']]) {
      if (!takesLists)
        t.same(refusal(z.object({ field: schema }), { field: list }), { field: problem }, 'a list')
    }
    if (takesLists)
      t.same(refusal(z.object({ field: schema }), { field: 'text' }), { field: problem }, 'text')
  })
}

t.test('what is of the right kind is still measured, and every problem of it can be told', async t => {
  t.same(refusal(text().min(2, 'short').max(3, 'long'), 'a'), { input: 'short' })
  t.same(refusal(text().min(2, 'short').max(3, 'long'), 'abcd'), { input: 'long' })
  t.same(refusal(listOf(text()).min(1, 'few').max(2, 'many'), []), { input: 'few' })
  t.same(refusal(listOf(text()).min(1, 'few').max(2, 'many'), ['a', 'b', 'c']), { input: 'many' })
  t.same(refusal(listOf(text()).max(2, 'many'), ['a', 1]), { 1: 'must be text' })
  t.equal(text().max(3).parse('abc'), 'abc')
  t.same(listOf(text()).max(3).parse(['a']), ['a'])
})

t.test('one field of the wrong kind hides no problem of another, nor of them together', async t => {
  const pair = z
    .object({ one: text().max(3), other: text().max(3, 'long') })
    .refine(({ one, other }) => one === other, {
      path: ['together'],
      message: 'differ',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
  t.same(refusal(pair, { one: { length: { toString: 1 } }, other: 'abcd' }), {
    one: 'must be text',
    other: 'long',
    together: 'differ',
  })
})

function refusal(schema: z.ZodType, value: unknown): Record<string, string> | undefined {
  const { error } = schema.safeParse(value)
  return error && fieldProblems(error)
}
