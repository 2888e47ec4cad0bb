// Plain curl: what a person types who has read the specification and nothing of ours.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import type { Answer, Provider } from '../conformance/provider.ts'
import { Browser } from './browser.ts'
import type { Certificate } from './certificate.ts'

const run = promisify(execFile)

/** Runs curl with these arguments. */
export type Curl = (...args: readonly string[]) => Promise<Answer>

/** A curl that trusts the provider, for as long as the test takes; with a certificate where it has one. */
export function curlFor(t: Test, { authority }: Provider, certificate?: Certificate): Curl {
  const folder = mkdtempSync(join(tmpdir(), 'xwms-curl-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const trusted = ['--cacert', file('authority.pem', authority.cert)]
  const own = certificate
    ? ['--cert', file('certificate.pem', certificate.cert), '--key', file('key.pem', certificate.key)]
    : []
  return async (...args) => parse((await run('curl', ['-sS', '-i', ...trusted, ...own, ...args])).stdout)
}

function parse(output: string): Answer {
  const end = output.indexOf('\r\n\r\n')
  const [statusLine = '', ...fields] = output.slice(0, end).split('\r\n')
  const headers = new Headers(fields.map((field): [string, string] => split(field, /:\s*(.*)/s)))
  const text = output.slice(end + 4)
  const isJson = /\bjson\b/.test(headers.get('content-type') ?? '')
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

function split(text: string, by: RegExp): [string, string] {
  const [before = '', after = ''] = text.split(by)
  return [before, after]
}

/** `--data-urlencode name=value` for each, so that curl encodes them itself. */
export function data(form: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(form).flatMap(([name, value]) =>
    value === undefined ? [] : ['--data-urlencode', `${name}=${value}`],
  )
}

/** A browser that loads every page by curl. */
export function browserBy(curl: Curl, { issuer }: Provider): Browser {
  const load = async (url: URL, { headers, body }: { headers: Record<string, string>; body?: unknown }) => {
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
    const posted = body === undefined ? [] : ['--data-raw', String(body)]
    const { status, text, headers: answered } = await curl(...fields, ...posted, url.href)
    return new Response(text, { status, headers: answered })
  }
  return new Browser(issuer, url => url, load as unknown as typeof fetch)
}
