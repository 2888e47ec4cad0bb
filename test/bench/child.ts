import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** A program of ours in a process of its own, which answers questions over its IPC channel, one at a time. */
export interface Child {
  /**
   * Asks, and waits for the answer.
   * @throws {Error} when the process ends instead
   */
  ask<Answer>(question: string): Promise<Answer>
  /** Resolves when the process has ended, with words on how. */
  readonly ended: Promise<string>
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
  /** Sends it a signal, and waits until it has ended, with words on how. */
  kill(signal: NodeJS.Signals): Promise<string>
}

export interface ChildOptions {
  readonly args: readonly string[]
  readonly nodeFlags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A program with its arguments that runs the rest of the command line, such as `taskset -c 0`. */
  readonly wrapper?: readonly string[]
  /** Told what the process writes on standard error; without it, that goes where ours goes. */
  readonly onStderr?: (text: string) => void
}

/** How long a process may take to end by itself. */
const PATIENCE_MS = 10_000

/** Starts `program`, which calls {@link answerQuestions}, and waits until it can be asked. */
export async function startChild(program: URL, options: ChildOptions): Promise<Child> {
  const { args, nodeFlags = [], env = {}, wrapper = [], onStderr } = options
  const [command = '', ...rest] = [
    ...wrapper,
    process.execPath,
    ...nodeFlags,
    fileURLToPath(program),
    ...args,
  ]
  // The options of this process (a test runner's loader) are not meant for it.
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(command, rest, {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'ignore', onStderr ? 'pipe' : 'inherit', 'ipc'],
  })
  if (onStderr) child.stderr?.setEncoding('utf8').on('data', onStderr)
  const ended = end()

  async function end(): Promise<string> {
    const lastWords = child.stderr ? finished(child.stderr) : undefined
    const [code, signal] = await once(child, 'exit')
    await lastWords
    return `ended with ${signal ?? `exit code ${code}`}`
  }

  async function answer<Answer>(): Promise<Answer> {
    const heard = once(child, 'message').then(([message]) => ({ message: message as Answer }))
    const outcome = await Promise.race([heard, ended])
    if (typeof outcome === 'string') throw new Error(`The process of ${args.join(' ')} ${outcome}.`)
    return outcome.message
  }

  await answer()
  return {
    async ask(question) {
      const answered = answer()
      // Whatever stands in the way, the end of the process tells of it.
      child.send(question, () => {})
      return answered as Promise<never>
    },
    ended,
    async stop() {
      if (child.connected) child.disconnect()
      const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(impatience)
    },
    kill(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/**
 * The other end: says that it is ready, answers questions by name, and ends when the parent lets go of the channel or is
 * gone.
 */
export function answerQuestions(
  answers: Readonly<Record<string, () => unknown>>,
  end: () => Promise<void>,
): void {
  process.on('message', async (question: string) => process.send?.((await answers[question]?.()) ?? null))
  process.on('disconnect', () => void end().then(() => process.exit()))
  process.send?.('ready')
}
