// The direction of imports (docs: "Packages and their direction"). A type import counts as an import.

import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** The packages that the sources of each package may import. Their tests may use whatever they declare. */
const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  '@xwms/core': [],
  '@xwms/client': [],
  '@xwms/pages': ['@xwms/core'],
  '@xwms/storage-memory': ['@xwms/core'],
  '@xwms/storage-kysely': ['@xwms/core'],
  '@xwms/storage-contract': ['@xwms/core'],
  '@xwms/express': ['@xwms/core', '@xwms/pages', '@xwms/storage-memory'],
  '@xwms/koa': ['@xwms/core', '@xwms/pages', '@xwms/storage-memory'],
  '@xwms/invoice-pdf': ['@xwms/core'],
  '@xwms/cli': ['@xwms/core', '@xwms/pages', '@xwms/storage-kysely', '@xwms/invoice-pdf'],
}

/** Packages of the repository that may import the public entry of every other one. */
const ON_TOP = ['@xwms/examples', '@xwms/test']

/** What core knows nothing of. */
const FORBIDDEN_IN_CORE = ['express', 'koa', 'kysely', 'pg']

/** Core from top to bottom. A file imports from its own area or from a lower floor; neighbours on a floor do not meet. */
const FLOORS: readonly (readonly string[])[] = [
  ['index'],
  ['kit'],
  ['answer'],
  ['protect', 'endpoints'],
  ['oauth', 'header-auth', 'token-auth', 'api', 'manage', 'accounts', 'usage', 'webhooks'],
  ['context'],
  ['config'],
  ['storage', 'http'],
  ['model', 'errors', 'lib'],
]

/** A repository: the text of its files by their paths. */
type Files = ReadonlyMap<string, string>

interface Package {
  readonly name: string
  readonly folder: string
  readonly manifest: Manifest
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface Import {
  readonly from: string
  readonly line: number
  readonly specifier: string
  readonly package: Package
  /** The file, where it is one of the repository's. */
  readonly target: string | undefined
  /** The package that it is in, or `undefined` for a module of Node's and for a file outside every package. */
  readonly targetPackage: string | undefined
}

const STATEMENT = /^(?:import|export)\b(?:[^'"`;=()]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm
const CALL = /\bimport\(\s*(['"])([^'"\n]+)\1/g

/** Every module that a source names: by import, by export … from, for its types alone, or while it runs. */
function specifiersOf(source: string): { readonly specifier: string; readonly line: number }[] {
  return [STATEMENT, CALL].flatMap(pattern =>
    [...source.matchAll(pattern)].map(match => ({
      specifier: match[2] as string,
      line: source.slice(0, match.index + match[0].length).split('\n').length,
    })),
  )
}

function packagesOf(files: Files): Package[] {
  return [...files]
    .filter(([path]) => posix.basename(path) === 'package.json' && path !== 'package.json')
    .map(([path, text]) => {
      const manifest = JSON.parse(text) as Manifest
      return { name: manifest.name, folder: posix.dirname(path), manifest }
    })
}

function importsOf(files: Files, packages: readonly Package[]): Import[] {
  const home = (path: string) => packages.find(({ folder }) => path.startsWith(`${folder}/`))
  const imports: Import[] = []
  for (const [from, source] of files) {
    const owner = home(from)
    if (owner === undefined || !/\.m?ts$/.test(from)) continue
    for (const { specifier, line } of specifiersOf(source)) {
      const found = { from, line, specifier, package: owner }
      if (specifier.startsWith('.')) {
        const target = posix.join(posix.dirname(from), specifier)
        imports.push({ ...found, target, targetPackage: home(target)?.name })
      } else if (specifier.startsWith('node:')) {
        imports.push({ ...found, target: undefined, targetPackage: undefined })
      } else {
        const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] as string
        const entry = packages.find(candidate => candidate.name === name)
        const target = entry && specifier === name ? entryOf(entry) : undefined
        imports.push({ ...found, target, targetPackage: name })
      }
    }
  }
  return imports
}

function entryOf({ folder, manifest }: Package): string | undefined {
  const entry = manifest.exports?.['.']
  return typeof entry === 'string' ? posix.join(folder, entry) : undefined
}

const inSources = ({ from, package: { folder } }: Import) => from.startsWith(`${folder}/src/`)

/** Every import that breaks a rule, one line each: where it stands, what it imports, and which rule it breaks. */
function violations(files: Files): string[] {
  const packages = packagesOf(files)
  const imports = importsOf(files, packages)
  const root = JSON.parse(files.get('package.json') ?? '{}') as Partial<Manifest>
  const found: string[] = []
  for (const each of imports) {
    for (const rule of [namesThePackage, isDeclared, goesDownwards, knowsNoFramework, staysBelow]) {
      const broken = rule(each, packages, root)
      if (broken !== undefined) found.push(`${each.from}:${each.line} imports ${each.specifier}: ${broken}`)
    }
  }
  return [...found, ...circles(imports).map(circle => `${circle.join(' → ')}: a circle of imports`)]
}

type BrokenRule = (each: Import, packages: readonly Package[], root: Partial<Manifest>) => string | undefined

/** A private folder without `exports` (the examples, this one's support) has no inside: tests reach its files by path. */
const namesThePackage: BrokenRule = (each, packages) => {
  const { specifier, targetPackage, package: own } = each
  if (targetPackage === own.name) return undefined
  const byPath = specifier.startsWith('.')
  const other = packages.find(({ name }) => name === targetPackage)
  if (other === undefined) return byPath ? `leaves the package ${own.name}` : undefined
  const { exports } = other.manifest
  if (exports === undefined && !inSources(each)) return undefined
  const isEntry = !byPath && exports !== undefined && `.${specifier.slice(other.name.length)}` in exports
  return isEntry ? undefined : `reaches into ${other.name}; import it by its name`
}

const isDeclared: BrokenRule = (each, _packages, root) => {
  const { specifier, targetPackage, package: own } = each
  if (specifier.startsWith('.') || targetPackage === undefined || targetPackage === own.name) return undefined
  const { dependencies, peerDependencies, devDependencies, private: isPrivate } = own.manifest
  const atRunTime = { ...dependencies, ...peerDependencies }
  if (targetPackage in atRunTime) return undefined
  const published = inSources(each) && !isPrivate
  if (!published && targetPackage in { ...devDependencies, ...root.devDependencies }) return undefined
  return published
    ? `${targetPackage} is no dependency in ${own.folder}/package.json`
    : `${targetPackage} is not declared in ${own.folder}/package.json`
}

const goesDownwards: BrokenRule = (each, packages) => {
  const { targetPackage, package: own } = each
  if (ON_TOP.includes(own.name) || !inSources(each) || targetPackage === own.name) return undefined
  if (!packages.some(({ name }) => name === targetPackage)) return undefined
  const allowed = DIRECTIONS[own.name]
  if (allowed === undefined) return `${own.name} has no place among the packages; give it one in DIRECTIONS`
  if (allowed.includes(targetPackage as string)) return undefined
  return `${own.name} may import ${allowed.join(', ') || 'no package of this repository'}`
}

const knowsNoFramework: BrokenRule = each => {
  if (each.package.name !== '@xwms/core' || !inSources(each)) return undefined
  return FORBIDDEN_IN_CORE.includes(each.targetPackage ?? '')
    ? 'core knows no framework and no SQL'
    : undefined
}

const staysBelow: BrokenRule = each => {
  const { from, target, package: own } = each
  if (own.name !== '@xwms/core' || !inSources(each) || !target?.startsWith(`${own.folder}/`)) return undefined
  const areaOf = (path: string) => path.slice(`${own.folder}/src/`.length).split(/[/.]/, 1)[0] as string
  const floorOf = (area: string) => FLOORS.findIndex(areas => areas.includes(area))
  const [here, there] = [areaOf(from), areaOf(target)]
  if (here === there) return undefined
  for (const area of [here, there])
    if (floorOf(area) === -1) return `${area} has no place inside core; give it one in FLOORS`
  if (floorOf(there) > floorOf(here)) return undefined
  return floorOf(there) === floorOf(here)
    ? `${here} and ${there} are neighbours; what both need moves down`
    : `${there} is above ${here}`
}

/** The circles that imports form, each as the files on it, the first one repeated at its end. */
function circles(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>()
  for (const { from, target } of imports)
    if (target !== undefined) targets.set(from, [...(targets.get(from) ?? []), target])

  const found: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  function visit(file: string): void {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file])
    if (start >= 0 || done.has(file)) return
    path.push(file)
    for (const target of targets.get(file) ?? []) visit(target)
    path.pop()
    done.add(file)
  }
  for (const file of targets.keys()) visit(file)
  return found
}

/** The files that the rules are about, as they are on disk. */
function repository(): Files {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const paths = globSync(
    ['package.json', '{packages/*,examples,test}/package.json', '{packages/*,examples,test}/**/*.{ts,mts}'],
    { cwd: root, exclude: path => /(?:^|[\\/])(?:node_modules|dist)(?:[\\/]|$)/.test(path) },
  )
  return new Map(paths.map(path => [path.replaceAll('\\', '/'), readFileSync(`${root}/${path}`, 'utf8')]))
}

t.test('every import of this repository goes in the direction that the design gives it', async t => {
  t.strictSame(violations(repository()), [])
})

/**
 * The schemas that a source may make by itself. Text and lists are made in lib/schema.ts, which says why; a format such as
 * `z.email()` is a check of text.
 */
const OWN_SCHEMAS = new Set(
  [
    'boolean',
    'custom',
    'date',
    'discriminatedUnion',
    'enum',
    'int',
    'intersection',
    'literal',
    'null',
    'number',
  ].concat(['object', 'preprocess', 'record', 'strictObject', 'tuple', 'union', 'unknown']),
)
const SCHEMA = /(?<!\.check\(\s*)\bz\s*\.\s*([a-z]\w*)(?:\.\w+)*\(/g

/** What a source makes that may ask for the length of something that has none. */
function unmeasurable(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return [...code.matchAll(SCHEMA)].map(([, name = '']) => name).filter(name => !OWN_SCHEMAS.has(name))
}

t.test('only text and lists have a length that a schema asks for', async t => {
  const found: string[] = []
  for (const [path, source] of repository()) {
    if (!/^packages\/[^/]+\/src\//.test(path) || path === 'packages/core/src/lib/schema.ts') continue
    for (const name of unmeasurable(source)) found.push(`${path} makes z.${name}(); make it of lib/schema.ts`)
  }
  t.strictSame(found, [])
  const table: [source: string, found: string[]][] = [
    ['z.string().max(1)', ['string']],
    ['z\n  .array(item)\n  .max(1)', ['array']],
    ['z.object({ a: z.email().max(9), b: z.iso.date() })', ['email', 'iso']],
    ['z.set(item)', ['set']],
    ["string().check(z.email('no')).max(9)", []],
    ["string().check(\n  z.iso.date('no'))", []],
    ['z.object({ a: z.int() })', []],
    ['const a: z.ZodType = z.NEVER', []],
    ['/** The only `z.string()` there is */ // z.array()', []],
  ]
  for (const [source, names] of table) t.strictSame(unmeasurable(source), names, source)
})

t.test('the repository is really looked at', async t => {
  const files = repository()
  const packages = packagesOf(files)
  t.strictSame(
    packages
      .map(({ name }) => name)
      .filter(name => !ON_TOP.includes(name))
      .sort(),
    Object.keys(DIRECTIONS).sort(),
  )
  const imports = importsOf(files, packages)
  const known = (from: string, specifier: string) =>
    imports.some(each => each.from === from && each.specifier === specifier)
  t.ok(known('packages/core/src/kit.ts', './endpoints.ts'), 'an import')
  t.ok(known('packages/core/src/context/context.ts', '../storage/storage.ts'), 'a type import')
  t.ok(known('packages/core/src/index.ts', './storage/storage.ts'), 'an export … from')
  t.ok(known('packages/storage-memory/src/memory.ts', '@xwms/core'), 'an import of a package')
  t.ok(known('test/architecture.test.ts', 'tap'), 'an import of a test')
  const unresolved = imports.filter(
    ({ specifier, target }) => specifier.startsWith('.') && target !== undefined && !files.has(target),
  )
  // Whatever is imported by path is a file that was read, so no path was misunderstood.
  t.strictSame(
    unresolved
      .filter(({ target }) => /\.m?ts$/.test(target as string))
      .map(({ from, specifier }) => [from, specifier]),
    [],
  )
})

t.test('an import is found in every form that it can take', async t => {
  const table: [source: string, specifiers: string[]][] = [
    ["import a from 'x'", ['x']],
    ['import a from "x"', ['x']],
    ["import { a, type B } from './x.ts'", ['./x.ts']],
    ["import type { A } from './x.ts'", ['./x.ts']],
    ["import {\n  a,\n  b,\n} from './x.ts'", ['./x.ts']],
    ["import a, * as b from 'x'", ['x']],
    ["import 'x'", ['x']],
    ["export { a } from './x.ts'", ['./x.ts']],
    ["export type {\n  A,\n} from './x.ts'", ['./x.ts']],
    ["export * from './x.ts'", ['./x.ts']],
    ["import a from 'x' with { type: 'json' }", ['x']],
    [`const a = await import${"('x')"}`, ['x']],
    [`const a = import${'(\n  "x",\n)'}`, ['x']],
    ["import a from 'x'\nimport b from 'y'", ['x', 'y']],
    [" * import a from 'x'", []],
    ["// import a from 'x'", []],
    ["export const a = 'from x'", []],
    ["export function a() {\n  return 'x'\n}", []],
    ["export interface A {\n  from: 'x'\n}", []],
    ["import.meta.resolve('x')", []],
  ]
  for (const [source, specifiers] of table)
    t.strictSame(
      specifiersOf(source).map(({ specifier }) => specifier),
      specifiers,
      JSON.stringify(source),
    )
})

/** A small repository: core, pages and a test package, with the files given. */
function small(files: Readonly<Record<string, string>>): Files {
  const manifest = (fields: object) => JSON.stringify({ exports: { '.': './src/index.ts' }, ...fields })
  return new Map(
    Object.entries({
      'package.json': JSON.stringify({ devDependencies: { tap: '1' } }),
      'packages/core/package.json': manifest({
        name: '@xwms/core',
        dependencies: { jose: '1', pg: '1' },
        devDependencies: { '@xwms/pages': 'workspace:*', kysely: '1' },
      }),
      'packages/core/src/index.ts': '',
      'packages/pages/package.json': manifest({
        name: '@xwms/pages',
        dependencies: { '@xwms/core': 'workspace:*' },
        peerDependencies: { express: '1' },
      }),
      'packages/pages/src/index.ts': '',
      'packages/odd/package.json': manifest({ name: '@xwms/odd', dependencies: { '@xwms/core': '1' } }),
      'test/package.json': JSON.stringify({
        name: '@xwms/test',
        private: true,
        dependencies: { '@xwms/core': 'workspace:*', '@xwms/pages': 'workspace:*' },
      }),
      ...files,
    }),
  )
}

t.test('what the rules allow is not reported', async t => {
  const files = small({
    'packages/core/src/index.ts': "export { createKit } from './kit.ts'",
    'packages/core/src/kit.ts': "import { ENDPOINTS } from './endpoints.ts'\nimport 'node:http'",
    'packages/core/src/endpoints.ts': "import { token } from './oauth/token.ts'",
    'packages/core/src/oauth/token.ts': "import './grants/index.ts'\nimport type { A } from '../lib/a.ts'",
    'packages/core/src/oauth/grants/index.ts': "import { issue } from '../issue.ts'",
    'packages/core/src/oauth/issue.ts': "import { SignJWT } from 'jose'\nimport '../errors.ts'",
    'packages/core/src/http/body.ts': "import '../errors.ts'",
    'packages/core/src/storage/storage.ts': "import type { User } from '../model/user.ts'",
    'packages/core/test/kit.test.ts': "import t from 'tap'\nimport '@xwms/pages'\nimport '../src/kit.ts'",
    'packages/pages/src/index.ts': "import type { Pages } from '@xwms/core'\nimport 'express'",
    'packages/pages/test/a.test.ts': "import { exchange } from '../../../test/support.ts'",
    'test/journey.test.ts': "import '@xwms/core'\nimport { pages } from '@xwms/pages'\nimport t from 'tap'",
    'test/support.ts': "import 'node:http'",
  })
  t.strictSame(violations(files), [])
})

t.test('each planted violation is named: where it is, what it imports, and the rule', async t => {
  const core = 'packages/core/src'
  const pages = 'packages/pages/src'
  const table: [path: string, source: string, report: string][] = [
    [`${core}/lib/a.ts`, "import type { Kit } from '../kit.ts'", 'kit is above lib'],
    [`${core}/context/a.ts`, "\n\nimport '../oauth/a.ts'", 'oauth is above context'],
    [`${core}/http/a.ts`, "export * from '../config/a.ts'", 'config is above http'],
    [`${core}/model/a.ts`, "import type { S } from '../storage/a.ts'", 'storage is above model'],
    [
      `${core}/oauth/a.ts`,
      "import '../usage/a.ts'",
      'oauth and usage are neighbours; what both need moves down',
    ],
    [
      `${core}/oauth/b/c.ts`,
      "import '../../api/a.ts'",
      'oauth and api are neighbours; what both need moves down',
    ],
    [
      `${core}/lib/a.ts`,
      "import type { Plan } from '../model/plan.ts'",
      'lib and model are neighbours; what both need moves down',
    ],
    [`${core}/lib/a.ts`, "import '../errors.ts'", 'lib and errors are neighbours; what both need moves down'],
    [
      `${core}/kit.ts`,
      "import '../src/helpers/a.ts'",
      'helpers has no place inside core; give it one in FLOORS',
    ],
    [`${core}/http/a.ts`, "import '../index.ts'", 'index is above http'],
    [`${core}/lib/a.ts`, "import { Pool } from 'pg'", 'core knows no framework and no SQL'],
    [`${core}/lib/a.ts`, "import uuid from 'uuid'", 'uuid is no dependency in packages/core/package.json'],
    [`${pages}/a.ts`, "import t from 'tap'", 'tap is no dependency in packages/pages/package.json'],
    ['packages/pages/test/a.test.ts', "import 'koa'", 'koa is not declared in packages/pages/package.json'],
    ['test/a.test.ts', "import 'koa'", 'koa is not declared in test/package.json'],
    [`${pages}/a.ts`, "import '../../core/src/kit.ts'", 'reaches into @xwms/core; import it by its name'],
    [`${pages}/a.ts`, "import '@xwms/core/src/kit.ts'", 'reaches into @xwms/core; import it by its name'],
    [
      'packages/pages/test/a.test.ts',
      "import '@xwms/core/src/kit.ts'",
      'reaches into @xwms/core; import it by its name',
    ],
    [
      'test/a.test.ts',
      "import '../packages/core/src/kit.ts'",
      'reaches into @xwms/core; import it by its name',
    ],
    ['test/a.test.ts', "import '../scripts/a.ts'", 'leaves the package @xwms/test'],
    [
      'packages/odd/src/a.ts',
      "import '@xwms/core'",
      '@xwms/odd has no place among the packages; give it one in DIRECTIONS',
    ],
  ]
  for (const [path, source, report] of table) {
    const line = source.split('\n').length
    const specifier = specifiersOf(source)[0]?.specifier
    t.strictSame(
      violations(small({ [path]: source })),
      [`${path}:${line} imports ${specifier}: ${report}`],
      report,
    )
  }
})

t.test('an import may break more than one rule, and each is named', async t => {
  const found = violations(small({ 'packages/core/src/lib/a.ts': "import { html } from '@xwms/pages'" }))
  t.strictSame(found, [
    'packages/core/src/lib/a.ts:1 imports @xwms/pages: @xwms/pages is no dependency in packages/core/package.json',
    'packages/core/src/lib/a.ts:1 imports @xwms/pages: @xwms/core may import no package of this repository',
  ])
  const sql = violations(small({ 'packages/core/src/lib/a.ts': "import type { Kysely } from 'kysely'" }))
  t.equal(sql.length, 2)
})

t.test('a circle is named by the files on it, types included, in tests and across packages', async t => {
  const table: [files: Record<string, string>, circle: string][] = [
    [{ 'packages/pages/src/a.ts': "import './a.ts'" }, 'packages/pages/src/a.ts → packages/pages/src/a.ts'],
    [
      {
        'packages/pages/src/a.ts': "import './b.ts'",
        'packages/pages/src/b.ts': "import './c.ts'",
        'packages/pages/src/c.ts': "import type { B } from './b.ts'",
      },
      'packages/pages/src/b.ts → packages/pages/src/c.ts → packages/pages/src/b.ts',
    ],
    [
      { 'test/a.ts': "import './b/c.ts'", 'test/b/c.ts': "export { a } from '../a.ts'" },
      'test/a.ts → test/b/c.ts → test/a.ts',
    ],
  ]
  for (const [files, circle] of table)
    t.strictSame(violations(small(files)), [`${circle}: a circle of imports`], circle)

  const across = violations(
    small({
      'packages/core/src/index.ts': "import type { A } from '@xwms/pages'",
      'packages/pages/src/index.ts': "import '@xwms/core'",
    }),
  )
  t.ok(
    across.includes(
      'packages/core/src/index.ts → packages/pages/src/index.ts → packages/core/src/index.ts: a circle of imports',
    ),
  )
})

t.test('two ways down to one file are no circle', async t => {
  const files = small({
    'packages/pages/src/a.ts': "import './b.ts'\nimport './c.ts'",
    'packages/pages/src/b.ts': "import './d.ts'",
    'packages/pages/src/c.ts': "import './d.ts'\nimport './b.ts'",
    'packages/pages/src/d.ts': '',
  })
  t.strictSame(violations(files), [])
})
