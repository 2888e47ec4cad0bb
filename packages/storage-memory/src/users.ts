import type { Users } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function users({ users, audit }: Data): Users {
  function withEmail(email: string) {
    return [...users.values()].find(user => user.email === email)
  }

  return {
    async create(user, entry) {
      if (withEmail(user.email)) return { outcome: 'email_taken' }
      if (users.has(user.sub)) return { outcome: 'sub_taken' }
      users.set(user.sub, copy(user))
      audit.push(copy(entry))
      return { outcome: 'created' }
    },
    async find(sub) {
      return copy(users.get(sub))
    },
    async findByEmail(email) {
      return copy(withEmail(email))
    },
    async rehash(sub, from, to) {
      const user = users.get(sub)
      if (user?.passwordHash === from) users.set(sub, { ...user, passwordHash: to })
    },
  }
}
