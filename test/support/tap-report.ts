import type { Readable } from 'node:stream'
import { Parser, type Result } from 'tap-parser'

/** What a run came to, in assertions. */
export interface Tally {
  passed: number
  failed: number
  skipped: number
}

const plus = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})

/** A tally as a line for people and programs: `12 passed, 0 failed`. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

const indented = (text: string, by: number) => text.trimEnd().replace(/^(?=.)/gm, ' '.repeat(by))

/** What there is to know of a failure: its difference, where it was, or what tap has to say of the file. */
function details({ diag, tapError }: Result): string {
  const { diff, stack, found, wanted, exitCode, signal, failure, message } = diag ?? {}
  const lines = [
    tapError,
    message,
    failure,
    diff ?? (found === undefined ? undefined : `found ${String(found)}, wanted ${String(wanted)}`),
    signal && `killed by ${signal}`,
    exitCode && `exit code ${exitCode}`,
    stack,
  ]
  return lines
    .filter(line => line)
    .map(line => indented(String(line), 6))
    .join('\n')
}

/** Counts the assertions of one parser and of the subtests in it, and tells of each failure with the path to it. */
function count(parser: Parser, path: readonly string[], failure: (text: string) => void): () => Tally {
  let own: Tally = { passed: 0, failed: 0, skipped: 0 }
  let child: () => Tally = () => ({ passed: 0, failed: 0, skipped: 0 })

  parser.on('child', (subtest: Parser) => {
    child = count(subtest, [...path, subtest.name], failure)
  })
  parser.on('assert', (result: Result) => {
    const closing = result.closingTestPoint === true
    const inside: Tally = closing ? child() : { passed: 0, failed: 0, skipped: 0 }
    own = plus(own, inside)
    if (result.skip || result.todo) own.skipped += 1
    else if (result.ok && !closing) own.passed += 1
    else if (!result.ok && inside.failed === 0) {
      // An assertion that failed; or a subtest, or a whole file, that failed although each assertion in it passed: a
      // crash, a timeout, a plan that was not kept.
      own.failed += 1
      failure(`    ✗ ${[...path.slice(1), result.name].join(' › ')}\n${details(result)}`)
    }
  })
  return () => own
}

/**
 * Reads the TAP of a run as it comes: prints a line for each test file that ends and the details of each failure.
 * Only leaves are counted; a subtest counts by itself only when nothing in it explains its failure.
 */
export function reportTap(stream: Readable, print: (line: string) => void): Promise<Tally> {
  return new Promise((resolve, reject) => {
    let total: Tally = { passed: 0, failed: 0, skipped: 0 }
    let failures: string[] = []
    let fileTally = (): Tally => ({ passed: 0, failed: 0, skipped: 0 })
    const parser = new Parser(results => {
      // Nothing failed and yet the whole is not well: the output broke off.
      if (!results.ok && total.failed === 0) total.failed = 1
      resolve(total)
    })
    parser.on('child', (file: Parser) => {
      failures = []
      fileTally = count(file, [file.name], text => failures.push(text))
    })
    parser.on('bailout', (reason: string) => {
      total.failed += 1
      print(`  ✗ the run was given up: ${reason}`)
    })
    parser.on('assert', (result: Result) => {
      const tally = result.closingTestPoint ? fileTally() : { passed: 0, failed: 0, skipped: 0 }
      if (result.skip && tally.passed + tally.skipped === 0) tally.skipped += 1
      else if (!result.ok && tally.failed === 0) {
        tally.failed += 1
        failures.push(`    ✗ the file itself\n${details(result)}`)
      }
      total = plus(total, tally)
      const seconds = result.time ? `  ${(Number(result.time) / 1000).toFixed(1)} s` : ''
      print(`  ${tally.failed > 0 ? '✗' : '✓'} ${result.name}  ${tallyLine(tally)}${seconds}`)
      for (const text of failures) print(text)
      failures = []
    })
    stream.on('error', reject)
    stream.pipe(parser)
  })
}
