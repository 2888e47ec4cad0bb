import type { OpenEndpoint } from '../context/endpoint.ts'
import { ERROR_PATH } from '../context/sign-in/interaction.ts'
import { HttpError } from '../errors.ts'

/** What a browser may be sent here with. Other codes are not shown, so that nobody can put words on our page. */
const MESSAGES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  access_denied: [403, 'You did not allow the sign-in, so nothing was shared. You can close this page.'],
  login_expired: [
    410,
    'The sign-in took too long and has expired. Go back to the application or the device and start again.',
  ],
  user_not_allowed: [403, 'This application serves test users only. Sign in as a test user.'],
  login_not_possible: [403, 'This application may not sign users in at the moment. Tell its owner.'],
}

/** The page for a sign-in that ended and has nowhere to return to: `/error?error=<code>`. */
export const errorPage: OpenEndpoint = {
  method: 'GET',
  path: ERROR_PATH,
  body: 'none',
  failure: 'page',
  handle(_context, call) {
    const code = call.query.get('error') ?? ''
    const known = Object.hasOwn(MESSAGES, code) ? MESSAGES[code] : undefined
    if (known === undefined)
      throw new HttpError(404, 'unknown_error', 'There is no more to say about this error.')
    const [status, message] = known
    throw new HttpError(status, code, message)
  },
}
