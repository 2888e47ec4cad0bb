import type { Config } from '../../config/config.ts'
import type { Block } from '../../model/block.ts'
import type { TrialPurpose } from './rules.ts'
import { blockSubject, type Origin } from './trial.ts'

/** The blocks in force, in memory: once somebody is blocked, refusing them costs no question to the storage. */
export interface KnownBlocks {
  /** Whether there are any for a purpose: what is looked at before anything about a caller is. */
  any(purpose: TrialPurpose): boolean
  /** The block that holds longest for somebody, if any does. */
  find(purpose: TrialPurpose, origin: Origin, subject: string): Block | undefined
  /** Whether a block of this subject is in force. */
  has(subject: string): boolean
  /** Adds one that is being stored. */
  add(block: Block): void
  /** Puts what the storage has for its subject in the place of one that was added, unless that has gone meanwhile. */
  replace(block: Block, stored: Block): void
  /** Reads all of them, once the storage can be asked; before that nothing is read. */
  ready(): Promise<void>
  close(): void
}

/** Of one purpose; beyond that the oldest is forgotten here, and whom it was about is judged again. */
const MAX_BLOCKS = 50_000

/** `<kind>:<purpose> …` */
const PURPOSE = /^[^:]+:(\w+) /

function purposeOf(subject: string): string {
  return PURPOSE.exec(subject)?.[1] ?? ''
}

/** @param onLift told of each block that was lifted, here or elsewhere, for what else is remembered of whom it was about */
export function createKnownBlocks(
  { storage, now, logger }: Pick<Config, 'storage' | 'now' | 'logger'>,
  onLift: (block: Block) => void,
): KnownBlocks {
  /** By purpose, then by whom they are about. */
  const blocks = new Map<string, Map<string, Block>>()
  let nextEnd = Number.POSITIVE_INFINITY
  let heard = new Set<string>()
  let reading = false
  let isReady = false

  function put(block: Block, time: Date): void {
    const purpose = purposeOf(block.subject)
    const ofPurpose = blocks.get(purpose) ?? new Map<string, Block>()
    const known = ofPurpose.get(block.subject)
    if (block.liftedAt !== undefined) {
      // Whichever stands for the subject here: it may be one that was not stored, because another process had been faster.
      if (known && known.createdAt <= block.liftedAt) ofPurpose.delete(block.subject)
      onLift(block)
      return
    }
    if (block.expiresAt <= time) {
      if (known?.id === block.id) ofPurpose.delete(block.subject)
      return
    }
    if (known !== undefined && known.id !== block.id && known.expiresAt > block.expiresAt) return
    if (ofPurpose.size >= MAX_BLOCKS) ofPurpose.delete(ofPurpose.keys().next().value ?? '')
    ofPurpose.set(block.subject, block)
    blocks.set(purpose, ofPurpose)
    nextEnd = Math.min(nextEnd, block.expiresAt.getTime())
  }

  /** Lets go of those that are over, so that nothing is looked up when there are none. */
  function expire(time: number): void {
    if (time < nextEnd) return
    nextEnd = Number.POSITIVE_INFINITY
    for (const ofPurpose of blocks.values()) {
      for (const [subject, { expiresAt }] of ofPurpose) {
        if (expiresAt.getTime() <= time) ofPurpose.delete(subject)
        else nextEnd = Math.min(nextEnd, expiresAt.getTime())
      }
    }
  }

  async function load(): Promise<void> {
    const began = now()
    const active = await storage.blocks.active(began)
    const ids = new Set(active.map(({ id }) => id))
    for (const ofPurpose of blocks.values()) {
      for (const [subject, block] of ofPurpose) {
        // One that was made since is being stored.
        if (ids.has(block.id) || block.createdAt >= began) continue
        ofPurpose.delete(subject)
        // That it was lifted may be what was missed.
        onLift(block)
      }
    }
    for (const block of active) put(block, now())
  }

  /** Reads those that were heard of, together, as long as there are any. */
  async function read(): Promise<void> {
    if (reading) return
    reading = true
    try {
      while (heard.size > 0) {
        const ids = [...heard]
        heard = new Set()
        for (const block of await storage.blocks.get(ids)) put(block, now())
      }
    } finally {
      reading = false
    }
  }

  function inBackground(work: () => Promise<void>): void {
    work().catch(error => {
      logger.error({ error }, 'Blocks made elsewhere could not be read; they hold there, and not yet here.')
    })
  }

  const unsubscribe = storage.changes.subscribe(change => {
    // Before that there may be no tables.
    if (change.kind === 'everything' && isReady) inBackground(load)
    if (change.kind !== 'block') return
    heard.add(change.id)
    inBackground(read)
  })

  return {
    any(purpose) {
      const ofPurpose = blocks.get(purpose)
      if (ofPurpose === undefined || ofPurpose.size === 0) return false
      expire(now().getTime())
      return ofPurpose.size > 0
    },
    find(purpose, origin, subject) {
      expire(now().getTime())
      const ofPurpose = blocks.get(purpose)
      if (ofPurpose === undefined) return undefined
      const places = origin.device ? [] : [blockSubject('origin', purpose, origin.name, subject)]
      const names = [...places, blockSubject('pair', purpose, origin.name, subject)]
      if (!origin.device) names.push(blockSubject('subject', purpose, origin.name, subject))
      let longest: Block | undefined
      for (const name of names) {
        const block = ofPurpose.get(name)
        if (block === undefined || block.exempt.includes(origin.name)) continue
        if (longest === undefined || block.expiresAt > longest.expiresAt) longest = block
      }
      return longest
    },
    has(subject) {
      expire(now().getTime())
      return blocks.get(purposeOf(subject))?.has(subject) === true
    },
    add: block => put(block, now()),
    replace({ id, subject }, stored) {
      const ofPurpose = blocks.get(purposeOf(subject))
      // It may have been lifted before this process heard that it was stored.
      if (ofPurpose?.get(subject)?.id !== id) return
      ofPurpose.delete(subject)
      put(stored, now())
    },
    ready() {
      // First, so that nothing is missed that changes meanwhile.
      isReady = true
      return load()
    },
    close: unsubscribe,
  }
}
