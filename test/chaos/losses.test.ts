// What may be lost, and what may not, in the modes that lose something.
import t from 'tap'
import { type End, lostWhileThere, lostWithoutKill, type Served } from './losses.ts'

const served = (requestId: string, place: number, sentAt: number, doneAt = sentAt + 10): Served => ({
  ...{ requestId, place, sentAt, doneAt },
})

t.test('admit: what its process lost while it knew that the storage was away is explained', async t => {
  const away = [[{ from: 1000, to: 2000 }], [{ from: 5000, to: undefined }]]
  const cases: [Served, boolean][] = [
    [served('within', 0, 1500), true],
    [served('begun before', 0, 900, 1100), true],
    [served('ended after', 0, 1990, 2100), true],
    [served('before', 0, 900, 990), false],
    [served('after', 0, 2001), false],
    [served('at another place', 1, 1500), false],
    [served('at the other place while it lasts', 1, 9000), true],
    [served('nowhere', 2, 1500), false],
  ]
  for (const [request, isExplained] of cases)
    t.strictSame(lostWhileThere([request], away), isExplained ? [] : [request.requestId])
})

t.test('after-response: the last of a killed process is explained, and nothing else', async t => {
  const ends: End[] = [
    { place: 0, at: 10_000, signal: 'SIGKILL' },
    { place: 0, at: 20_000, signal: 'SIGTERM' },
    { place: 0, at: 30_000, signal: 'SIGKILL' },
  ]
  const booked = [served('a', 0, 9000), served('b', 0, 12_000), served('c', 0, 25_000), served('d', 1, 9990)]
  const cases: [Served, boolean][] = [
    [served('the last before the kill', 0, 9800), true],
    [served('while it was killed', 0, 9995, 10_020), true],
    [served('a little before one that was written', 0, 8600), true],
    [served('long before one that was written', 0, 8000), false],
    [served('of a process that ended in order', 0, 19_990), false],
    [served('of the next one that was killed', 0, 29_990), true],
    [served('of one that was never ended', 0, 31_000), false],
    [served('at another place', 1, 9995), false],
  ]
  for (const [request, isExplained] of cases)
    t.strictSame(lostWithoutKill([request], booked, ends), isExplained ? [] : [request.requestId])
})
