import type { OpenEndpoint } from '../context/endpoint.ts'
import { messagePage } from '../context/pages/message-page.ts'
import { SIGNED_OUT_PATH } from '../context/sign-in/interaction.ts'
import { currentSession } from '../context/sign-in/session.ts'

/** Where a sign-out ends that has no application to return to. Says how it is, whoever comes here. */
export const signedOutPage: OpenEndpoint = {
  method: 'GET',
  path: SIGNED_OUT_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const signedIn = await currentSession(context, call)
    return messagePage(context, call, signedIn === undefined ? 'signed_out' : 'still_signed_in')
  },
}
