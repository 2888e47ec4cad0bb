// Every code block of README.md runs here, as it is written: applications are started and called, commands are executed.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freshDatabase } from './support/database.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
// Below test/, so that the packages are found.
const folder = join(root, 'test', `.readme-${process.pid}`)

interface Block {
  readonly language: string
  readonly code: string
  readonly line: number
}

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks: Block[] = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(match => ({
  language: match[1] ?? '',
  code: match[2] ?? '',
  line: readme.slice(0, match.index).split('\n').length,
}))
const [npmStart, npmTest, ...commands] = blocks.filter(({ language }) => language === 'sh')
const applications = blocks.filter(({ language }) => language === 'ts')

mkdirSync(folder)
t.teardown(() => rmSync(folder, { recursive: true }))

t.test('the README has applications, commands and nothing that does not run', async t => {
  t.equal(applications.length, 3)
  t.equal(commands.length, 1)
  t.equal(blocks.length, applications.length + commands.length + 2)
  // These two run whole: `npm start` in test/start and test/browser, `npm test` is what runs this.
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.equal(npmStart?.code, 'npm start\n')
  t.equal(npmTest?.code, 'npm test\n')
  t.ok(scripts.start)
  t.ok(scripts.test)
})

t.test('every link leads to a file, and to a heading that it has', async t => {
  for (const [, path = '', heading] of readme.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
    const file = path === '' ? 'README.md' : path
    t.ok(existsSync(join(root, file)), file)
    if (heading === undefined) continue
    const headings = [...readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.+)$/gm)]
    const anchors = headings.map(([, words = '']) =>
      words
        .toLowerCase()
        .replaceAll(' ', '-')
        .replace(/[^\w-]/g, ''),
    )
    t.ok(anchors.includes(heading), `${file}#${heading}`)
  }
})

for (const { code, line } of applications) {
  t.test(`the application in line ${line} answers, and guards its route`, async t => {
    const database = await freshDatabase()
    t.teardown(() => database.drop())
    const port = await freePort()
    const file = join(folder, `line-${line}.ts`)
    writeFileSync(file, code)
    const child = spawn(process.execPath, [file], {
      env: {
        ...process.env,
        PORT: String(port),
        DATABASE_URL: database.url,
        XWMS_ISSUER: `http://localhost:${port}`,
      },
      stdio: 'ignore',
    })
    const exited = new Promise(resolve => child.once('exit', resolve))
    t.teardown(async () => {
      child.kill()
      await exited
    })

    const info = await whenUp(`http://localhost:${port}/api/info`)
    t.equal(info.status, 200)
    t.match(await info.json(), { status: 'success', data: { application: { name: 'XWMS' } } })
    if (code.includes('/orders')) {
      const orders = await fetch(`http://localhost:${port}/orders`)
      t.equal(orders.status, 401)
      t.match(await orders.json(), { error: { code: 'credentials_missing' } })
    }
  })
}

t.test('the commands make a client that can be looked at', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const code = (commands[0]?.code ?? '').replace(/^export DATABASE_URL=.*$/m, '')
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', code], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database.url },
  })
  t.equal(status, 0, stderr)
  t.match(stdout, /xwms_sk_\w+/)
  t.match(stdout, /shop\.example/)
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function whenUp(url: string): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url)
    } catch (error) {
      if (attempt === 100) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}
