import type { Interactions } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function interactions({ interactions }: Data): Interactions {
  return {
    async create(interaction) {
      interactions.set(interaction.hash, copy(interaction))
    },
    async find(hash) {
      return copy(interactions.get(hash))
    },
    async deny(hash, now) {
      const interaction = interactions.get(hash)
      if (!interaction) return false
      interactions.set(hash, { ...interaction, deniedAt: interaction.deniedAt ?? new Date(now) })
      return true
    },
    async finish(hash) {
      return interactions.delete(hash)
    },
  }
}
