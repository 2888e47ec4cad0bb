import { type HttpResponse, lingerOnClose } from '@xwms/core'
import type { Context } from 'koa'

/** Gives an answer to Koa, so that middleware around us sees it as it sees any other. */
export function answer(context: Context, { status, headers, body, bytes }: HttpResponse): void {
  lingerOnClose(context.req)
  context.status = status
  for (const [name, value] of Object.entries(headers)) {
    const field = value as string | string[]
    // The host's own middleware may have set cookies already.
    if (name === 'set-cookie') context.append(name, field)
    else context.set(name, field)
  }
  context.body = bytes ?? body
}
