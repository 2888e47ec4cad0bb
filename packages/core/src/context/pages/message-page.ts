import type { HttpResponse } from '../../http/response.ts'
import type { Client } from '../../model/client.ts'
import type { PageMessage } from '../../model/page.ts'
import type { Context } from '../context.ts'
import { pageClient } from './page-client.ts'
import type { Reader } from './page-locale.ts'
import { pageResponse } from './page-response.ts'

/** The page that tells how something ended. */
export function messagePage(
  context: Context,
  reader: Reader,
  message: PageMessage,
  client?: Client,
): HttpResponse {
  return pageResponse(context, reader, (pages, base) =>
    pages.message({ ...base, message, client: client && pageClient(client) }),
  )
}
