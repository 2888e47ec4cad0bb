import type { Accounts } from '../config/options.ts'
import { normaliseEmail } from '../lib/email.ts'
import { verifyPassword } from '../lib/password.ts'
import type { Storage } from '../storage/storage.ts'

/** The accounts that the kit keeps itself: people in the storage, who sign in with email address and password. */
export function builtInAccounts(storage: Storage): Accounts {
  return {
    find: sub => storage.users.find(sub),
    async signIn(login, password) {
      const email = normaliseEmail(login)
      const user = email === undefined ? undefined : await storage.users.findByEmail(email)
      // An unknown login costs the same hashing as a wrong password.
      const proven = await verifyPassword(password, user?.passwordHash)
      return proven && user?.disabledAt === undefined ? user : undefined
    },
  }
}
