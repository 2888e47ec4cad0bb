import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

const PACKAGES = [
  'oidc-provider',
  'better-auth',
  '@better-auth/oauth-provider',
  '@xwms/core',
  'express',
  'jose',
  'pg',
]

/** What was measured, by package name. */
export function versions(): Readonly<Record<string, string>> {
  return Object.fromEntries(PACKAGES.map(name => [name, versionOf(name)]))
}

function versionOf(name: string): string {
  const manifest = findPackageJSON(name, import.meta.url)
  if (manifest === undefined) throw new Error(`${name} is not installed.`)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}
