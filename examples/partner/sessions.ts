import { randomBytes } from 'node:crypto'
import type { SignedInUser } from '@xwms/client'
import type { Request, Response } from 'express'

/** What came of a sign-in that signed nobody in, in words for the person in front of the browser. */
export interface Notice {
  /** `chosen`: the person wanted it so, and need not be alarmed. */
  readonly kind: 'problem' | 'chosen'
  readonly title: string
  readonly text: string
}

/** What the partner app knows of a browser. */
export interface Session {
  /** Set while the browser is at XWMS: only a browser that was sent there may come back with a token. */
  awaitingCallback: boolean
  user: SignedInUser | undefined
  /** To be shown once. */
  notice: Notice | undefined
}

/** Sessions in memory, which is all that an example needs. */
export interface Sessions {
  find(request: Request): Session | undefined
  /** A new session under a new id in place of whatever the browser had, so that an id planted before is worth nothing. */
  start(request: Request, response: Response, session?: Partial<Session>): void
  end(request: Request, response: Response): void
}

// Cookies know no ports: this one also travels to whatever else runs on the same host, and must not be called like theirs.
const COOKIE = 'partner_session'

/** The oldest go when there are more. */
const MOST = 1000

export function createSessions(): Sessions {
  const sessions = new Map<string, Session>()

  function forget(request: Request): void {
    const id = idIn(request)
    if (id !== undefined) sessions.delete(id)
  }

  return {
    find(request) {
      const id = idIn(request)
      return id === undefined ? undefined : sessions.get(id)
    },
    start(request, response, session = {}) {
      forget(request)
      const id = randomBytes(24).toString('base64url')
      sessions.set(id, { awaitingCallback: false, user: undefined, notice: undefined, ...session })
      const [oldest] = sessions.keys()
      if (sessions.size > MOST && oldest !== undefined) sessions.delete(oldest)
      // Lax, because the browser comes back from another site. A site that is on https adds `secure: true`.
      response.cookie(COOKIE, id, { httpOnly: true, sameSite: 'lax' })
    },
    end(request, response) {
      forget(request)
      response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax' })
    },
  }
}

function idIn(request: Request): string | undefined {
  const cookies = (request.headers.cookie ?? '').split('; ')
  return cookies.find(cookie => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}
