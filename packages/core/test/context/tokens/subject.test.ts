import t from 'tap'
import { sectorOf, subjectFor } from '../../../src/context/tokens/subject.ts'
import type { Client } from '../../../src/model/client.ts'
import { CLIENT, surroundings } from '../surroundings.ts'

const client = (over: Partial<Client>): Client => ({ ...CLIENT, ...over })
const pairwise = (over: Partial<Client> = {}): Client =>
  client({ ...over, metadata: { subject_type: 'pairwise', ...over.metadata } })

t.test('the sector is the host that the redirect URIs share, or that of the sector document', async t => {
  const table: [Partial<Client>, sector: string][] = [
    [{ redirectUris: ['https://shop.example.com/callback'] }, 'shop.example.com'],
    [
      { redirectUris: ['https://shop.example.com:8443/a', 'https://SHOP.example.com/b?c'] },
      'shop.example.com',
    ],
    [{ redirectUris: ['https://a.example.com/', 'https://b.example.com/'] }, CLIENT.id],
    [{ redirectUris: ['com.example.app:/callback'] }, CLIENT.id],
    [{ redirectUris: [] }, CLIENT.id],
    [
      {
        redirectUris: ['https://a.example.com/', 'https://b.example.com/'],
        metadata: { sector_identifier_uri: 'https://sector.example.com/uris.json' },
      },
      'sector.example.com',
    ],
  ]
  for (const [over, sector] of table) t.equal(sectorOf(client(over)), sector, JSON.stringify(over))
})

t.test('a client that did not ask for pairwise subjects is told the sub', async t => {
  const context = surroundings()
  t.equal(await subjectFor(context, CLIENT, '4711'), '4711')
  t.equal(await subjectFor(context, client({ metadata: { subject_type: 'public' } }), '4711'), '4711')
  t.strictSame(context.log, [])
})

t.test('pairwise subjects', async t => {
  const context = surroundings()
  const here = pairwise({ redirectUris: ['https://shop.example.com/callback'] })
  const sub = await subjectFor(context, here, '4711')
  t.match(sub, /^[A-Za-z0-9_-]{43}$/)
  t.equal(await subjectFor(context, here, '4711'), sub, 'stay the same')
  t.equal(
    await subjectFor(context, pairwise({ id: 'cl_2', redirectUris: ['https://shop.example.com/x'] }), '4711'),
    sub,
    'are shared within a sector',
  )
  t.not(
    await subjectFor(context, pairwise({ redirectUris: ['https://other.example.com/'] }), '4711'),
    sub,
    'differ between sectors',
  )
  t.not(await subjectFor(context, here, '4712'), sub, 'differ between users')

  const restarted = surroundings({ storage: context.storage })
  t.equal(await subjectFor(restarted, here, '4711'), sub, 'survive a restart')
  t.not(await subjectFor(surroundings(), here, '4711'), sub, 'cannot be worked out elsewhere')
})
