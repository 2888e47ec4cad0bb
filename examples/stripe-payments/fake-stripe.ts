// The part of Stripe that the example calls, as its documentation has it, for tests that must not move money:
// https://docs.stripe.com/api/idempotent_requests, https://docs.stripe.com/api/payment_intents
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface PaymentIntent {
  readonly id: string
  readonly amount: number
  readonly currency: string
  readonly customer: string
  status: string
  readonly metadata: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly body: object
}

export interface FakeStripe {
  readonly url: string
  readonly intents: readonly Readonly<PaymentIntent>[]
  /** Makes the next call of a kind be carried out and its answer be lost. */
  loseNextAnswer(to: 'create' | 'confirm'): void
  /** Answers the next calls with these statuses, carrying nothing out. */
  failNext(...statuses: readonly number[]): void
  /** Forgets idempotency keys, as Stripe does after a day. */
  forgetKeys(): void
  close(): Promise<void>
}

/** Listens on this machine alone. The payment method `pm_declined` is declined. */
export async function fakeStripe(secretKey: string): Promise<FakeStripe> {
  const intents: PaymentIntent[] = []
  const answers = new Map<string, { readonly parameters: string; readonly answer: Answer }>()
  const failures: number[] = []
  const losing = new Set<'create' | 'confirm'>()

  function create(parameters: URLSearchParams): Answer {
    const given = (name: string) => parameters.get(name) ?? ''
    const amount = Number(given('amount'))
    if (!Number.isInteger(amount) || amount < 1)
      return refusal(400, 'parameter_invalid_integer', 'Invalid amount')
    const metadata = [...parameters].flatMap(([name, value]) => {
      const member = /^metadata\[(\w+)\]$/.exec(name)?.[1]
      return member === undefined ? [] : [[member, value] as const]
    })
    const intent: PaymentIntent = {
      id: `pi_${intents.length + 1}`,
      amount,
      currency: given('currency'),
      customer: given('customer'),
      status: 'requires_payment_method',
      metadata: Object.fromEntries(metadata),
    }
    intents.push(intent)
    return { status: 200, body: { ...intent } }
  }

  function confirm(intent: PaymentIntent, parameters: URLSearchParams): Answer {
    if (intent.status !== 'requires_payment_method')
      return refusal(400, 'payment_intent_unexpected_state', 'It has been charged already.')
    if (parameters.get('payment_method') === 'pm_declined')
      return refusal(402, 'card_declined', 'Your card was declined.')
    intent.status = 'succeeded'
    return { status: 200, body: { ...intent } }
  }

  function search(query: string): Answer {
    const [, member = '', value] = /^metadata\['(\w+)'\]:'([^']*)'$/.exec(query) ?? []
    const found = intents.filter(({ metadata }) => metadata[member] === value)
    return {
      status: 200,
      body: { object: 'search_result', data: found.map(intent => ({ ...intent })) },
    }
  }

  /** The first answer to a key is the answer to it, whatever it was; other parameters under the same key are an error. */
  function idempotent(
    key: string | undefined,
    parameters: string,
    carryOut: (parameters: URLSearchParams) => Answer,
  ): Answer {
    const known = key === undefined ? undefined : answers.get(key)
    if (known && known.parameters !== parameters)
      return refusal(
        400,
        'idempotency_error',
        'Keys for idempotent requests can only be used with the same parameters.',
      )
    if (known) return known.answer
    const answer = carryOut(new URLSearchParams(parameters))
    if (key !== undefined) answers.set(key, { parameters, answer })
    return answer
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '', 'http://localhost')
    const failure = failures.shift()
    if (failure !== undefined) return refusal(failure, 'api_error', 'Try again.')
    if (request.headers.authorization !== `Bearer ${secretKey}`)
      return refusal(401, 'api_key_invalid', 'Invalid API Key')
    if (request.method === 'GET' && url.pathname === '/v1/payment_intents/search')
      return search(url.searchParams.get('query') ?? '')
    const header = request.headers['idempotency-key']
    const key = typeof header === 'string' ? header : undefined
    if (request.method === 'POST' && url.pathname === '/v1/payment_intents')
      return idempotent(key, await text(request), create)
    const [, id, action] = /^\/v1\/payment_intents\/(\w+)(\/confirm)?$/.exec(url.pathname) ?? []
    const intent = intents.find(intent => intent.id === id)
    if (intent && request.method === 'GET' && action === undefined)
      return { status: 200, body: { ...intent } }
    if (intent && request.method === 'POST' && action !== undefined)
      return idempotent(key, await text(request), parameters => confirm(intent, parameters))
    return refusal(404, 'resource_missing', 'Unrecognized request URL')
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body } = await answer(request)
    const kind = request.url?.endsWith('/confirm') ? 'confirm' : 'create'
    if (request.method === 'POST' && losing.delete(kind)) {
      request.socket.destroy()
      return
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await listening(server)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intents,
    loseNextAnswer(to) {
      losing.add(to)
    },
    failNext(...statuses) {
      failures.push(...statuses)
    },
    forgetKeys() {
      answers.clear()
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } }
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
}
