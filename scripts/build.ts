/**
 * Builds what is published: `npm run build` compiles every package once and puts JavaScript and types into its `dist/`.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, '.build')

rmSync(output, { recursive: true, force: true })
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(1)

for (const name of readdirSync(join(root, 'packages'))) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
  const compiled = join(output, name, 'src')
  if (manifest.private || !existsSync(compiled)) continue
  const dist = join(root, 'packages', name, 'dist')
  rmSync(dist, { recursive: true, force: true })
  cpSync(compiled, dist, { recursive: true })
  // The compiler keeps the `#!` line of a command but does not make the file executable.
  for (const command of Object.values<string>(manifest.publishConfig?.bin ?? {})) {
    chmodSync(join(root, 'packages', name, command), 0o755)
  }
  console.log(`packages/${name}/dist`)
}
rmSync(output, { recursive: true })
