import { usageEventId } from '@xwms/core'
import pg from 'pg'
import t from 'tap'
import { emptyDatabase } from '../../../test/support/database.ts'
import {
  eventIdArray,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  timeArray,
} from '../src/binary-array.ts'

t.test('PostgreSQL reads from a binary array what was written to it', async t => {
  const database = await emptyDatabase()
  const client = new pg.Client(database.url)
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await database.drop()
  })
  const read = async (array: Buffer, type: string) =>
    (await client.query(`select $1::${type}[]::text[] as values`, [array])).rows[0].values

  const batch = '019ac8a4-1b2c-7d3e-8f40-0123456789ab'
  const ids = [0, 255, 65_535].map(position => usageEventId(batch, position))
  t.strictSame(ids.slice(1), ['019ac8a4-1b2c-7d3e-8f40-0123456700ff', '019ac8a4-1b2c-7d3e-8f40-01234567ffff'])
  const table: [type: string, array: Buffer, expected: (string | null)[]][] = [
    ['smallint', int2Array([0, -1, 999, 32_767]), ['0', '-1', '999', '32767']],
    ['integer', int4Array([0, -1, 2_147_483_647]), ['0', '-1', '2147483647']],
    [
      'bigint',
      int8Array([0, -1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
      ['0', '-1', '4294967295', '4294967296', '9007199254740991', '-9007199254740991'],
    ],
    ['double precision', float8Array([0, 12.5, 1e-9]), ['0', '12.5', '1e-09']],
    [
      'text',
      textArray(['', 'größe 雅 🦊', undefined, 'NULL', '{"a",\\\'}', '\\n']),
      ['', 'größe 雅 🦊', null, 'NULL', '{"a",\\\'}', '\\n'],
    ],
    ['uuid', eventIdArray(batch, [0, 255, 65_535]), ids],
    ['integer', int4Array([]), []],
    ['text', textArray([]), []],
  ]
  for (const [type, array, expected] of table) t.strictSame(await read(array, type), expected, type)

  const times = ['1969-12-31T23:59:59.999Z', '2000-01-01T00:00:00.000Z', '2026-11-27T12:00:00.001Z']
  const { rows } = await client.query('select $1::timestamptz[] as values', [
    timeArray(times.map(time => Date.parse(time))),
  ])
  t.strictSame(
    rows[0].values.map((time: Date) => time.toISOString()),
    times,
  )
})
