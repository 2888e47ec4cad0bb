import { createHash } from 'node:crypto'
import { monthOf } from '@xwms/core'
import type { Json, Pair } from '../draft.ts'
import { TEXTS } from '../hostile.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import { type Content, type ContentMaker, type Contents, perhaps } from './content.ts'
import { tokenHeaders } from './resource.ts'

/** Identifiers that might find what is none of the caller's, or something else than they name. */
const STRANGERS = [
  'ws_unknown',
  '..',
  '.',
  '__proto__',
  '%2e%2e',
  "'or'1'='1",
  '-',
  '~',
  '0',
  'a'.repeat(300),
]

/** Places as the kit writes them; nobody need have got them. */
const CURSORS = ['1767225600000 evt_1', '253402214400000 blk_1', '0 a'].map(text =>
  Buffer.from(text).toString('base64url'),
)

const SERIES_CURSORS = [
  [1767225600000, null, null, 'GET /orders', 'live', 2, 0],
  [null, 'cl_1', null, null, null, null, null],
].map(place => Buffer.from(JSON.stringify(place)).toString('base64url'))

export const MANAGEMENT: Contents = {
  'GET /manage/v1/workspaces/:workspace_id/usage': managed('GET', '/usage', (material, random) => ({
    query: [
      ...perhaps(random, 0.3, 'from', random.pick(['2026-01-01', '2026-01-31T13:00Z'])),
      ...perhaps(random, 0.1, 'to', '2100-01-01'),
      ...perhaps(random, 0.6, 'interval', random.pick(['hour', 'day', 'month', 'none'])),
      ...perhaps(random, 0.6, 'by', random.pick(['client', 'route,mode', 'domain,status_class,price'])),
      ...perhaps(random, 0.2, 'client_id', material.clientId),
      ...perhaps(random, 0.2, 'route', random.pick(['GET /orders', random.pick(TEXTS)])),
      ...perhaps(random, 0.2, 'mode', random.pick(['live', 'test'])),
      ...perhaps(random, 0.2, 'status_class', random.pick(['2xx', '4'])),
      ...perhaps(random, 0.3, 'format', random.pick(['json', 'csv'])),
      ...perhaps(random, 0.3, 'limit', random.pick(['1', '10000'])),
      ...perhaps(random, 0.2, 'cursor', random.pick(SERIES_CURSORS)),
    ],
  })),
  'GET /manage/v1/workspaces/:workspace_id/requests': managed('GET', '/requests', (material, random) => ({
    query: [
      ...perhaps(random, 0.2, 'client_id', material.clientId),
      ...perhaps(random, 0.2, 'status', random.pick(['403', '200'])),
      ...perhaps(random, 0.2, 'status_class', '4xx'),
      ...perhaps(random, 0.2, 'refused_by', 'ip_not_allowed'),
      ...perhaps(random, 0.2, 'ip', random.pick(['127.0.0.1', '2001:db8::1'])),
      ...perhaps(random, 0.2, 'request_id', random.pick(['request-1', random.pick(TEXTS)])),
      ...perhaps(random, 0.3, 'from', '2026-01-01'),
      ...pageOf(random),
    ],
  })),
  'GET /manage/v1/workspaces/:workspace_id/invoices': managed('GET', '/invoices', (_material, random) => ({
    query: perhaps(random, 0.5, 'limit', random.pick(['1', '200'])),
  })),
  'GET /manage/v1/workspaces/:workspace_id/invoices/:number': managed(
    'GET',
    ({ invoiceNumber }) => `/invoices/${invoiceNumber}`,
    (_material, random) => ({
      query: perhaps(random, 0.7, 'format', random.pick(['json', 'csv', 'html'])),
    }),
  ),
  'GET /manage/v1/workspaces/:workspace_id/plan': managed('GET', '/plan'),
  'GET /manage/v1/workspaces/:workspace_id/limits': managed('GET', '/limits'),
  'PATCH /manage/v1/workspaces/:workspace_id/limits': managed('PATCH', '/limits', (_material, random) => ({
    json: {
      ...(random.chance(0.7) && { monthly_request_cap: random.pick([null, 1_000_000_000]) }),
      ...(random.chance(0.7) && { monthly_spend_cap_nano_euro: random.pick([null, '9007199254740991']) }),
    },
  })),
  'GET /manage/v1/workspaces/:workspace_id/clients/:client_id/limits': managed('GET', clientLimits),
  'PATCH /manage/v1/workspaces/:workspace_id/clients/:client_id/limits': managed(
    'PATCH',
    clientLimits,
    (_material, random) => ({
      json: {
        rate_limit: random.pick<Json>([
          null,
          { requests: 500_000_000, window_seconds: 1 },
          { requests: 500_000_000, window_seconds: 60, sliding: true },
        ]),
      },
    }),
  ),
  'GET /manage/v1/workspaces/:workspace_id/events': managed('GET', '/events', (_material, random) => ({
    query: [
      ...perhaps(random, 0.4, 'type', random.pick(['usage.refused', 'abuse.secret_guessing,usage.refused'])),
      ...pageOf(random),
    ],
  })),
  'GET /manage/v1/workspaces/:workspace_id/blocks': managed('GET', '/blocks', (_material, random) => ({
    query: pageOf(random),
  })),
  'DELETE /manage/v1/workspaces/:workspace_id/blocks/:block_id': managed(
    'DELETE',
    ({ blockIds }, random) => `/blocks/${random.pick(blockIds)}`,
  ),
}

/** Of the client that belongs to that workspace. */
function clientLimits({ parties }: Material): string {
  return `/clients/${parties.resourceServer.id}/limits`
}

/** A cursor goes on with its own question alone, which stands before the place in it. */
function ofItsQuestion(path: string, query: readonly Pair[] = [], pair: Pair): Pair {
  const [name, place] = pair
  if (name !== 'cursor') return pair
  const since = path.endsWith('/usage') ? beginningOf(new URLSearchParams(query)) : undefined
  const asked = query.filter(([name]) => !['cursor', 'limit', 'format'].includes(name))
  const question = createHash('sha256').update(JSON.stringify([path, asked.sort(), since]))
  return [name, question.digest('base64url').slice(0, 12) + place]
}

/** Where usage begins that is asked for: by default with the month that it ends in. */
function beginningOf(asked: URLSearchParams): Date {
  const [from, to] = [asked.get('from'), asked.get('to')]
  return from !== null ? new Date(from) : monthOf(new Date((to !== null ? Date.parse(to) : Date.now()) - 1))
}

function pageOf(random: Random): Pair[] {
  return [
    ...perhaps(random, 0.5, 'limit', random.pick(['1', '2', '200'])),
    ...perhaps(random, 0.5, 'cursor', random.pick(CURSORS)),
  ]
}

/** A request about the user's workspace, or, now and then, about one that is not. */
function managed(
  method: string,
  below: string | ((material: Material, random: Random) => string),
  more: (material: Material, random: Random) => Omit<Content, 'path' | 'headers'> = () => ({}),
): ContentMaker {
  return (material, random) => {
    const workspaceId = random.spoils(0.05) ? random.pick(STRANGERS) : material.workspaceId
    const place = typeof below === 'string' ? below : below(material, random)
    const path = `/manage/v1/workspaces/${workspaceId}${place}`
    const content = more(material, random)
    return {
      ...content,
      query: content.query?.map(pair =>
        random.spoils(0.02) ? pair : ofItsQuestion(path, content.query, pair),
      ),
      path,
      headers: tokenHeaders(material, random, 'managementTokens', { method, path }),
    }
  }
}
