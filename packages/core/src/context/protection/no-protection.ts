import type { Protection } from './protection.ts'

/** What stands in for the protection where the configuration turns it off. */
export const NO_PROTECTION: Protection = {
  blocksAny: () => false,
  blockOf: () => undefined,
  check() {},
  proven() {},
  usedFrom() {},
  async failed() {},
  begin: async () => ({ failed() {}, async withdrawn() {}, async succeeded() {} }),
  refusedByLimit() {},
  async settled() {},
  async ready() {},
  async close() {},
}
