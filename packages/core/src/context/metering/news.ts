/** Something that requests wait for news of: what the storage answers, or that one of them has ended. */
export abstract class News {
  #told: { readonly promise: Promise<void>; resolve(): void; reject(error: unknown): void } | undefined

  /** Resolves when there is reason to look again; rejects when the storage does not answer. */
  told(): Promise<void> {
    this.#told ??= Promise.withResolvers<void>()
    return this.#told.promise
  }

  get isAwaited(): boolean {
    return this.#told !== undefined
  }

  /** Lets go of those who wait. @param error why there is no answer; without it they look for themselves */
  release(error?: unknown): void {
    const told = this.#told
    this.#told = undefined
    if (error === undefined) told?.resolve()
    else told?.reject(error)
  }
}
