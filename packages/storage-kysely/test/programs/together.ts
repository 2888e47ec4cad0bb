import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * Starts a program of this directory several times, lets all of them go on at the same moment when each has said that it
 * is ready, and gives what each then tells. Each finds its number, from 0 on, behind its arguments.
 * @throws {Error} when one of them ends without telling anything
 */
export async function together<Told>(
  program: string,
  times: number,
  args: readonly string[],
): Promise<Told[]> {
  const children = Array.from({ length: times }, (_, index) =>
    fork(new URL(program, import.meta.url), [...args, String(index)]),
  )
  try {
    await Promise.all(children.map(message))
    const told = children.map(child => message<Told>(child))
    for (const child of children) child.send('go')
    return await Promise.all(told)
  } finally {
    for (const child of children) child.kill()
  }
}

async function message<Told>(child: ChildProcess): Promise<Told> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The program ended with exit code ${code} and told nothing.`)
  })
  // Once it has told what it had to, its end is no news.
  ended.catch(() => {})
  const [told] = await Promise.race([once(child, 'message'), ended])
  return told
}
