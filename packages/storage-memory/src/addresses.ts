import { isDeepStrictEqual } from 'node:util'
import type { Address, Addresses, AddressFields, Sub } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'

export function addresses({ addresses }: Data, notices: Notices): Addresses {
  let lastId = 0

  function own(sub: Sub, id: number): Address | undefined {
    const address = addresses.get(id)
    return address?.sub === sub ? address : undefined
  }

  function store(address: Address): Address {
    addresses.set(address.id, copy(address))
    notices.tell({ kind: 'user', sub: address.sub })
    return copy(address)
  }

  return {
    async list(sub) {
      // Ids only grow and a map keeps the order of insertion: this is oldest first.
      return [...addresses.values()].filter(address => address.sub === sub).map(copy)
    },
    async find(sub, id) {
      return copy(own(sub, id))
    },
    async create(sub: Sub, fields: AddressFields, now: Date) {
      lastId += 1
      return store({ ...fields, id: lastId, sub, createdAt: now, updatedAt: now })
    },
    async update(before, after) {
      const stored = own(before.sub, before.id)
      if (!stored) return { outcome: 'not_found' }
      if (!isDeepStrictEqual(stored, before)) return { outcome: 'outdated' }
      const { id, sub, createdAt } = stored
      store({ ...after, id, sub, createdAt })
      return { outcome: 'updated' }
    },
    async delete(sub, id) {
      if (!own(sub, id)) return false
      addresses.delete(id)
      notices.tell({ kind: 'user', sub })
      return true
    },
  }
}
