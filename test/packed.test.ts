// What would be published works without the repository: packages are built, packed, unpacked elsewhere and used from dist/.
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const elsewhere = mkdtempSync(join(tmpdir(), 'xwms-packed-'))
t.teardown(() => rmSync(elsewhere, { recursive: true }))

/** Runs a program as a shell would: without the loaders that the test runner hands on to every Node below it. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', command, ...args], {
    cwd,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

t.test('the packed packages run from dist/, with types', async t => {
  run(process.execPath, [join(root, 'scripts', 'build.ts')], root)
  const names = readdirSync(join(root, 'packages')).filter(
    name => !JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).private,
  )
  const tarballs = join(elsewhere, 'tarballs')
  mkdirSync(tarballs)
  const filters = names.map(name => `--filter=./packages/${name}`)
  run('npx', ['--yes', 'pnpm@12', ...filters, 'pack', '--pack-destination', tarballs], root)
  for (const name of names) {
    const unpacked = join(elsewhere, 'node_modules', '@xwms', name)
    mkdirSync(unpacked, { recursive: true })
    const tarball = readdirSync(tarballs).find(file => file.startsWith(`xwms-${name}-`)) ?? ''
    run('tar', ['xzf', join(tarballs, tarball), '-C', unpacked, '--strip-components=1'], root)
    const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
    t.notMatch(JSON.stringify(manifest), 'workspace:', `${name} names real versions`)
    t.notMatch(JSON.stringify(manifest.exports ?? manifest.bin), 'src/', `${name} is used from dist/`)
    for (const dependency of [
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ]) {
      if (dependency.startsWith('@xwms/')) continue
      const link = join(unpacked, 'node_modules', dependency)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(root, 'packages', name, 'node_modules', dependency), link)
    }
  }
  writeFileSync(join(elsewhere, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(elsewhere, 'use.js'),
    `import { xwms } from '@xwms/express'
     import { xwms as koa } from '@xwms/koa'
     import { postgres } from '@xwms/storage-kysely'
     import { XwmsClient } from '@xwms/client'
     const auth = xwms({ logger: { debug() {}, info() {}, warn() {}, error() {} } })
     await auth.ready()
     const match = auth.kit.match('/api/info', '')
     console.log(typeof koa, typeof postgres, typeof XwmsClient, match.path)
     await auth.close()`,
  )
  t.equal(run(process.execPath, ['use.js'], elsewhere), 'function function function /api/info\n')
  t.match(
    run(join(elsewhere, 'node_modules/@xwms/cli/dist/main.js'), ['--version'], elsewhere),
    /^\d+\.\d+\.\d+\n$/,
  )
  t.ok(readFileSync(join(elsewhere, 'node_modules/@xwms/core/dist/index.d.ts'), 'utf8').includes('createKit'))
})
