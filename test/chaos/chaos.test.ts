// The short form of `npm run chaos`: always the same seed, and just enough time for everything to happen.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SCENES, type SceneName } from './scenes.ts'

const SEED = 1
const SECONDS: Readonly<Record<SceneName, number>> = {
  refuse: 13,
  queue: 7,
  admit: 7,
  'after-response': 10,
  shutdown: 4,
}

// Most of it is for starting things on a busy machine.
t.setTimeout(400_000)

const main = fileURLToPath(new URL('main.ts', import.meta.url))

async function chaos(...args: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill())
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}

for (const [name, seconds] of Object.entries(SECONDS)) {
  const { title } = SCENES[name as SceneName]
  t.test(`${title}: nothing lost that may not be, nothing doubled`, async t => {
    const { code, stdout, stderr } = await chaos(
      ...['--mode', name, '--seed', String(SEED), '--minutes', String(seconds / 60)],
    )
    t.match(stdout, /✓ nothing lost that may not be, nothing doubled/, `${stdout}\n${stderr}`)
    t.equal(code, 0)
  })
}

t.test('options that cannot be are named in one line', async t => {
  const cases = {
    '--minutes=0': '--minutes must be a number from 0.05 to 600.\n',
    '--processes=many': '--processes must be a whole number, not "many".\n',
    '--mode=mild': '--mode must be one of refuse, queue, admit, after-response, shutdown.\n',
  }
  for (const [option, wanted] of Object.entries(cases)) {
    t.same(await chaos(option), { stdout: '', stderr: wanted, code: 2 })
  }
})
