import { readFileSync } from 'node:fs'
import t from 'tap'
import { DEFAULT_PROTECTION } from '../../../src/config/protection.ts'
import {
  ABUSE_RULES,
  durationSeconds,
  judge,
  type TrialPurpose,
} from '../../../src/context/protection/rules.ts'
import { answersTo, blockSubject, originOf } from '../../../src/context/protection/trial.ts'
import { ABUSE_REASONS } from '../../../src/model/block.ts'
import type { FailureCounts } from '../../../src/storage/protection.ts'

const NOW = new Date('2026-03-14T15:09:26Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)

const NOTHING: FailureCounts = {
  pair: 1,
  origin: 1,
  originSubjects: 1,
  subject: 1,
  subjectOrigins: 1,
  originTriedAt: undefined,
  pairTriedAt: undefined,
  subjectTriedAt: undefined,
}

const reasons = (purpose: TrialPurpose, counts: Partial<FailureCounts>, trusted = false) =>
  judge(purpose, { ...NOTHING, ...counts }, { trusted, now: NOW }, DEFAULT_PROTECTION).map(
    ({ rule, score }) => `${rule.reason} ${score}`,
  )

t.test('each rule answers from its threshold on, and says how far beyond it is', async t => {
  const table: [purpose: TrialPurpose, counts: Partial<FailureCounts>, reasons: string[]][] = [
    ['secret', {}, []],
    ['secret', { pair: 9, origin: 49, originSubjects: 9, subject: 1000, subjectOrigins: 1000 }, []],
    ['secret', { pair: 10 }, ['secret_guessing 100']],
    ['secret', { originSubjects: 15 }, ['clients_probed 150']],
    ['secret', { origin: 50, pair: 50 }, ['secret_guessing 500', 'secret_flood 100']],
    ['sign_in', { pair: 4, origin: 49, originSubjects: 9, subject: 19 }, []],
    ['sign_in', { pair: 5 }, ['password_guessing 100']],
    ['sign_in', { originSubjects: 10, origin: 10 }, ['credential_stuffing 100']],
    ['sign_in', { origin: 51 }, ['password_flood 102']],
    ['sign_in', { subject: 20, subjectOrigins: 20 }, ['distributed_guessing 100']],
    ['user_code', { origin: 49, pair: 49 }, []],
    ['user_code', { origin: 50 }, ['user_code_guessing 100']],
    ['registration', { origin: 10 }, ['registration_guessing 100']],
    ['limit', { pair: 999 }, []],
    ['limit', { pair: 2000 }, ['limit_ignored 200']],
  ]
  for (const [purpose, counts, wanted] of table) {
    t.strictSame(reasons(purpose, counts), wanted, `${purpose} ${JSON.stringify(counts)}`)
  }
})

t.test('what others do to a login does not concern a place where it is known', async t => {
  t.strictSame(reasons('sign_in', { subject: 500 }, true), [])
  t.strictSame(reasons('sign_in', { subject: 500, pair: 5 }, true), ['password_guessing 100'])
})

t.test('beyond the threshold one attempt may follow each shortest wait', async t => {
  const tooSoon = (counts: Partial<FailureCounts>) =>
    judge('sign_in', { ...NOTHING, ...counts }, { trusted: false, now: NOW }, DEFAULT_PROTECTION).map(
      verdict => verdict.tooSoon,
    )
  t.strictSame(tooSoon({ pair: 5, pairTriedAt: NOW }), [false], 'the one that reaches it is let begin')
  t.strictSame(tooSoon({ pair: 6, pairTriedAt: NOW }), [true])
  t.strictSame(tooSoon({ pair: 6, pairTriedAt: ago(1) }), [true])
  t.strictSame(tooSoon({ pair: 6, pairTriedAt: ago(2) }), [false])
  t.strictSame(tooSoon({ originSubjects: 11, originTriedAt: ago(59) }), [true])
  t.strictSame(tooSoon({ originSubjects: 11, originTriedAt: ago(60) }), [false])
  t.strictSame(tooSoon({ subject: 21, subjectTriedAt: ago(1) }), [true])
})

t.test('each further answer lasts twice as long, to an end', async t => {
  const lasting = (answer: 'throttle' | 'block') =>
    [0, 1, 2, 3, 5, 6, 50, 2000].map(repeats => durationSeconds(answer, repeats, DEFAULT_PROTECTION))
  t.strictSame(lasting('throttle'), [2, 4, 8, 16, 60, 60, 60, 60])
  t.strictSame(lasting('block'), [60, 120, 240, 480, 1920, 3600, 3600, 3600])
})

t.test('a block names a place, a place with a subject, or a subject', async t => {
  t.equal(blockSubject('origin', 'secret', '192.0.2.7', 'cl_1'), 'ip:secret 192.0.2.7')
  t.equal(blockSubject('pair', 'secret', '192.0.2.7', 'cl_1'), 'ip-client:secret 192.0.2.7 cl_1')
  t.equal(blockSubject('pair', 'sign_in', '2001:db8:0:0::/64', 'h'), 'ip-login:sign_in 2001:db8:0:0::/64 h')
  t.equal(blockSubject('subject', 'sign_in', '192.0.2.7', 'h'), 'login:sign_in h')
})

t.test(
  'an IPv6 line is one place, a known device is another than its address, and no address is none',
  async t => {
    t.equal(originOf({ ip: '2001:db8::1' }).name, originOf({ ip: '2001:db8::ffff:1' }).name)
    t.not(originOf({ ip: '2001:db8::1' }).name, originOf({ ip: '2001:db8:0:1::1' }).name)
    t.equal(originOf({ ip: '::ffff:192.0.2.7' }).name, '192.0.2.7')
    const [place, device, nowhere] = [
      originOf({ ip: '192.0.2.7' }),
      originOf({ ip: '192.0.2.7', device: 'name' }),
      originOf({ ip: '' }),
    ]
    const concerned = (origin: typeof place) =>
      (['origin', 'pair', 'subject'] as const).filter(about => answersTo({ about }, origin))
    t.strictSame(concerned(place), ['origin', 'pair', 'subject'])
    t.strictSame(concerned(device), ['pair'])
    t.strictSame(concerned(nowhere), ['subject'], 'where everybody seems to come from one place')
  },
)

t.test('docs/abuse.md has each rule, with its option, its default and its answer', async t => {
  const page = readFileSync(new URL('../../../../../docs/abuse.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` +\| [^|]+ \| `(\w+)` ([\d,]+) +\| ([^|]+)\|$/gm)]
  const written = rows.map(([, reason, option, count = '', words = '']) => ({
    reason,
    threshold: option,
    count: Number(count.replaceAll(',', '')),
    answer: /blocked/.test(words) ? 'block' : 'throttle',
  }))
  t.strictSame(
    written,
    ABUSE_RULES.map(({ reason, threshold, answer }) => ({
      reason,
      threshold,
      count: DEFAULT_PROTECTION[threshold],
      answer,
    })),
  )
})

t.test('reasons are told apart', async t => {
  const all = ABUSE_RULES.map(({ reason }) => reason)
  t.strictSame(all, ABUSE_REASONS)
  t.equal(new Set(all).size, all.length)
})
