/**
 * Arrays as PostgreSQL's binary format has them (`array_recv`), for parameters of thousands of values: pg's own text of an
 * array is quoted and escaped here, parsed there, and costs both several times as much. pg sends a `Buffer` as it is.
 */

/** From `pg_type`: these never change. */
const OIDS = { int2: 21, int4: 23, int8: 20, float8: 701, text: 25, timestamptz: 1184, uuid: 2950 }

/** Dimensions, whether there are nulls, the type; and for the one dimension its length and lower bound. */
const HEADER_BYTES = 20
const LENGTH_BYTES = 4
const NULL_LENGTH = -1

/** PostgreSQL counts time from here. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)

const TWO_TO_32 = 2 ** 32

function begin(bytes: number, oid: number, length: number): Buffer {
  // Not from the pool: what does not fit there is not zeroed, and this is written wholly.
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes)
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(1, 4)
  buffer.writeInt32BE(oid, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
  return buffer
}

/** @param write puts one value at an offset */
function fixed(
  values: readonly number[],
  oid: number,
  bytes: number,
  write: (buffer: Buffer, value: number, offset: number) => void,
): Buffer {
  const step = LENGTH_BYTES + bytes
  const buffer = begin(values.length * step, oid, values.length)
  let offset = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(bytes, offset)
    write(buffer, value, offset + LENGTH_BYTES)
    offset += step
  }
  return buffer
}

function writeInt64(buffer: Buffer, value: number, offset: number): void {
  // In halves, because a BigInt for each value costs more than the rest together. Two's complement, negative ones included.
  const high = Math.floor(value / TWO_TO_32)
  buffer.writeInt32BE(high, offset)
  buffer.writeUInt32BE(value - high * TWO_TO_32, offset + 4)
}

export function int2Array(values: readonly number[]): Buffer {
  return fixed(values, OIDS.int2, 2, (buffer, value, offset) => buffer.writeInt16BE(value, offset))
}

export function int4Array(values: readonly number[]): Buffer {
  return fixed(values, OIDS.int4, 4, (buffer, value, offset) => buffer.writeInt32BE(value, offset))
}

/** @param values safe integers */
export function int8Array(values: readonly number[]): Buffer {
  return fixed(values, OIDS.int8, 8, writeInt64)
}

export function float8Array(values: readonly number[]): Buffer {
  return fixed(values, OIDS.float8, 8, (buffer, value, offset) => buffer.writeDoubleBE(value, offset))
}

/** @param values milliseconds since 1970, as of `Date.getTime()` */
export function timeArray(values: readonly number[]): Buffer {
  return fixed(values, OIDS.timestamptz, 8, (buffer, value, offset) =>
    writeInt64(buffer, (value - POSTGRES_EPOCH_MS) * 1000, offset),
  )
}

/** `undefined` becomes null. */
export function textArray(values: readonly (string | undefined)[]): Buffer {
  let most = 0
  // No UTF-16 unit becomes more than three bytes of UTF-8.
  for (const value of values) most += LENGTH_BYTES + (value === undefined ? 0 : value.length * 3)
  const buffer = begin(most, OIDS.text, values.length)
  let offset = HEADER_BYTES
  for (const value of values) {
    const written = value === undefined ? NULL_LENGTH : buffer.write(value, offset + LENGTH_BYTES)
    buffer.writeInt32BE(written, offset)
    offset += LENGTH_BYTES + Math.max(written, 0)
  }
  return buffer.subarray(0, offset)
}

/** The ids of a batch's events at some positions, as `usageEventId` makes them: the batch's own with the position as its last two bytes. */
export function eventIdArray(batchId: string, positions: readonly number[]): Buffer {
  const id = Buffer.from(batchId.replaceAll('-', ''), 'hex')
  const step = LENGTH_BYTES + id.length
  const buffer = begin(positions.length * step, OIDS.uuid, positions.length)
  let offset = HEADER_BYTES
  for (const position of positions) {
    buffer.writeInt32BE(id.length, offset)
    id.copy(buffer, offset + LENGTH_BYTES)
    offset += step
    buffer.writeUInt16BE(position, offset - 2)
  }
  return buffer
}
