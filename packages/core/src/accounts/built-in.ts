import type { Accounts } from '../config/options.ts'
import { HttpError } from '../errors.ts'
import { normaliseEmail } from '../lib/email.ts'
import { hashPassword, needsRehash, verifyPassword, waitingPasswords } from '../lib/password.ts'
import type { User } from '../model/user.ts'
import type { Storage } from '../storage/storage.ts'

/** Guesses beyond these are not taken: a flood of them must not keep everybody else waiting. */
const MAX_WAITING = 16

/** The accounts that the kit keeps itself: people in the storage, who sign in with email address and password. */
export function builtInAccounts(storage: Storage): Accounts {
  return {
    find: sub => storage.users.find(sub),
    async signIn(login, password) {
      const email = normaliseEmail(login)
      const user = email === undefined ? undefined : await storage.users.findByEmail(email)
      // In one step with the hashing that follows, so that a burst cannot get past it while the storage is asked.
      if (waitingPasswords() >= MAX_WAITING) throw tooBusy()
      // An unknown login costs the same hashing as a wrong password.
      const proven = await verifyPassword(password, user?.passwordHash)
      if (!proven || user === undefined || user.disabledAt !== undefined) return undefined
      await renewHash(storage, user, password)
      return user
    },
  }
}

/** Parameters grow with the years, and a hash can be made anew only while the password is at hand. */
async function renewHash(storage: Storage, { sub, passwordHash }: User, password: string): Promise<void> {
  if (passwordHash === undefined || !needsRehash(passwordHash)) return
  await storage.users.rehash(sub, passwordHash, await hashPassword(password))
}

function tooBusy(): HttpError {
  return new HttpError(
    503,
    'too_busy',
    'Too many people are signing in at this moment. Try again in a few seconds.',
    { headers: { 'retry-after': '5' } },
  )
}
