let turn: Promise<void> | undefined

/**
 * Resolves when the event loop has read whatever had arrived in this turn; at once, where nothing else has. What was waiting
 * for it then happens together.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise(resolve => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}
