// Runs one of the repository's programs on a machine that has only Node and npm: installs what the lock file
// asks for when that has changed, then hands over to the Node that the repository itself brings along.
// Plain JavaScript, because the machine's own Node may be too old to run TypeScript.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.xwms-installed')

/** A digest of all that decides what is installed: the lock file, the workspace and every manifest in it. */
function wanted() {
  const manifests = [
    'package.json',
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    'examples/package.json',
    'test/package.json',
  ]
  for (const name of readdirSync(join(root, 'packages')).sort())
    manifests.push(`packages/${name}/package.json`)
  const digest = createHash('sha256')
  for (const file of manifests)
    if (existsSync(join(root, file))) digest.update(readFileSync(join(root, file)))
  return digest.digest('hex')
}

function install() {
  const digest = wanted()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  process.stderr.write('Installing dependencies, once …\n')
  const { status, stdout, stderr } = spawnSync(
    'npx',
    ['--yes', 'pnpm@12', 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
      // pnpm must not stop to ask whether it may replace node_modules.
      env: { ...process.env, CI: 'true' },
    },
  )
  if (status !== 0) {
    process.stderr.write(
      `${stdout ?? ''}${stderr ?? ''}\nInstalling the dependencies failed; the lines above say why.\n`,
    )
    process.exit(1)
  }
  writeFileSync(stamp, digest)
}

const args = process.argv.slice(2)
install()

const bin = join(root, 'node_modules', '.bin')
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const [command, ...rest] =
  args[0] === '--bin' ? [join(bin, args[1]), ...args.slice(2)] : [node, join(root, args[0]), ...args.slice(1)]
const child = spawn(command, rest, {
  stdio: 'inherit',
  cwd: args[0] === '--bin' ? root : process.cwd(),
  env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
})
// A terminal sends Ctrl-C to the whole group; a supervisor signals only this process. The child decides when to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
