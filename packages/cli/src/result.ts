import { formatEuro } from '@xwms/core'
import type { Command } from 'commander'

/** Anything else that has a form in JSON. */
interface Structure {
  readonly [name: string]: unknown
}

type Value = string | number | boolean | Date | null | undefined | readonly string[] | Structure

/** Members by their names in JSON, which are snake_case. People read those that end with `_nano_euro` as euro. */
export type Fields = Readonly<Record<string, Value>>

/** What a command has to say, in both of its forms. */
export interface Result {
  /** For programs. */
  readonly json: object
  /** For people. */
  readonly text: string
  /** What people should know beside it; goes to standard error, and not at all with `--json`. */
  readonly note?: string
  /** Whether the command ends with exit code 1 all the same. Default false. */
  readonly failed?: boolean
}

/** One thing: a line for each of its fields. */
export function record(fields: Fields, note?: string): Result {
  const width = Math.max(...Object.keys(fields).map(name => label(name).length))
  const lines = Object.entries(fields).map(
    ([name, value]) => `${label(name).padEnd(width)}  ${cell(name, value)}`,
  )
  return { json: wire(fields), text: lines.join('\n'), note }
}

/**
 * Several things of a kind: a row for each, and a column for each field.
 * @param name what the list is called in JSON
 * @param columns the fields that people see; JSON has all
 */
export function list(name: string, columns: readonly string[], things: readonly Fields[]): Result {
  return { json: { [name]: things.map(wire) }, text: table(columns, things) }
}

/**
 * Rows under a heading, their columns aligned.
 * @param numeric the columns that are aligned to the right
 */
export function table(
  columns: readonly string[],
  rows: readonly Fields[],
  numeric: readonly string[] = [],
): string {
  if (rows.length === 0) return 'none'
  const cells = [columns.map(label), ...rows.map(row => columns.map(column => cell(column, row[column])))]
  const widths = columns.map((_, index) => Math.max(...cells.map(line => (line[index] as string).length)))
  return cells
    .map(line =>
      line
        .map((text, index) =>
          numeric.includes(columns[index] as string)
            ? text.padStart(widths[index] as number)
            : text.padEnd(widths[index] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One row alone, as it would stand in a table of its own width. */
export function line(columns: readonly string[], fields: Fields): string {
  return columns.map(column => cell(column, fields[column])).join('  ')
}

/** A thing in JSON. Absent values are null, so that every thing of a kind has the same members. */
export function wire(fields: Fields): object {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null]))
}

/** Prints a result as the command's `--json` asks. */
export function writeResult(result: Result, command: Command): void {
  const { writeOut, writeErr } = command.configureOutput()
  if (command.optsWithGlobals<{ json?: boolean }>().json) {
    writeOut?.(`${JSON.stringify(result.json)}\n`)
    return
  }
  writeOut?.(`${result.text}\n`)
  if (result.note !== undefined) writeErr?.(`${result.note}\n`)
}

const NANO_EURO = /_nano_euro$/

function label(name: string): string {
  return name.replace(NANO_EURO, '').replaceAll('_', ' ')
}

function cell(name: string, value: Value): string {
  // A table's last row may have a word in its first column, whatever the other rows have there.
  const isAmount = NANO_EURO.test(name) && /^-?\d+$/.test(String(value))
  return isAmount ? formatEuro(BigInt(String(value))) : readable(value)
}

function readable(value: Value): string {
  if (value === undefined || value === null) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(readable).join(' ')
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '-' : JSON.stringify(value)
  // A stored name must not be able to steer the terminal.
  return String(value).replace(/\p{Cc}/gu, '\uFFFD')
}
