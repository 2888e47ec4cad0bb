import t from 'tap'
import { createPathTable } from '../../src/lib/path-table.ts'

const TABLE = createPathTable([
  ['/info', 'info'],
  ['/things/new', 'the form'],
  ['/things/:id', 'a thing'],
  ['/things/:id/parts', 'its parts'],
  ['/things/:id/parts/:part', 'one of them'],
  ['/things/all/parts', 'all parts'],
])

t.test('a path is found with what stands in the places of its parameters', async t => {
  const table: [path: string, value: string | undefined, parameters?: object][] = [
    ['/info', 'info', {}],
    ['/things/new', 'the form', {}],
    ['/things/1', 'a thing', { id: '1' }],
    ['/things/a.B~c_d-9', 'a thing', { id: 'a.B~c_d-9' }],
    ['/things/1/parts', 'its parts', { id: '1' }],
    ['/things/1/parts/2', 'one of them', { id: '1', part: '2' }],
    ['/things/all/parts', 'all parts', {}],
    ['/things/__proto__', 'a thing', { id: '__proto__' }],
    [`/things/${'x'.repeat(200)}`, 'a thing', { id: 'x'.repeat(200) }],
    // Nothing is decoded, tidied up or guessed.
    [`/things/${'x'.repeat(201)}`, undefined],
    ['/things', undefined],
    ['/things/', undefined],
    ['/things/1/', undefined],
    ['/things//parts', undefined],
    ['/things/1/parts/2/3', undefined],
    ['/things/a%20b', undefined],
    ['/things/a b', undefined],
    ['/things/%2e%2e', undefined],
    ['/things/ä', undefined],
    ['/things/1\n', undefined],
    ['/things/:id', undefined],
    ['/Things/1', undefined],
    ['things/1', undefined],
    ['xthings/1', undefined],
    ['//things/1', undefined],
    ['/info/', undefined],
    ['/', undefined],
    ['', undefined],
    ['/toString', undefined],
  ]
  for (const [path, value, parameters] of table) {
    const found = TABLE.find(path)
    t.equal(found?.value, value, path)
    if (value !== undefined) t.strictSame({ ...found?.parameters }, parameters, path)
  }
})

t.test('what is written out goes before a parameter, with all that follows', async t => {
  t.equal(TABLE.find('/things/all')?.value, 'a thing')
  const { find } = createPathTable([
    ['/things/:id', 'a thing'],
    ['/things/all/:kind', 'all of a kind'],
  ])
  t.equal(find('/things/all/new')?.value, 'all of a kind')
  t.equal(find('/things/one')?.value, 'a thing')
  t.equal(find('/things/all'), undefined)
})

t.test('paths that differ in the name of a parameter alone are a mistake', async t => {
  t.throws(
    () =>
      createPathTable([
        ['/things/:id', 1],
        ['/things/:name/parts', 2],
      ]),
    /name.*id/,
  )
})
