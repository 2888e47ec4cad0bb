import t from 'tap'
import { readOptions as growth } from './growth/options.ts'
import { readOptions as ingest } from './ingest/options.ts'
import { readOptions as oauth } from './oauth/options.ts'
import { readOptions as guard } from './options.ts'

const benchmarks = { guard, oauth, ingest, growth }

t.test('what every benchmark can be told has its defaults, and is read alike', async t => {
  for (const [name, read] of Object.entries(benchmarks)) {
    const usual = name === 'growth' ? { rounds: 7, seconds: 5 } : { rounds: 5, seconds: 2 }
    t.match(read([]), { ...usual, json: false, help: false }, name)
    const told = read(['--rounds', '3', '--seconds', '0.5', '--json', '--help'])
    t.match(told, { rounds: 3, seconds: 0.5, json: true, help: true }, name)
  }
})

t.test('what cannot be measured is refused in one line', async t => {
  const table: [args: string[], problem: RegExp][] = [
    [['--rounds', '0'], /^--rounds must be a number from 1 to 100\.$/],
    [['--rounds', 'many'], /^--rounds must be a whole number, not "many"\.$/],
    [['--seconds', '601'], /^--seconds must be a number from 0\.\d to 600\.$/],
    [['--seconds', 'x'], /^--seconds must be a number from 0\.\d to 600\.$/],
    [['--speed', '9'], /--speed/],
  ]
  for (const [name, read] of Object.entries(benchmarks)) {
    for (const [args, message] of table) t.throws(() => read(args), { message }, `${name} ${args.join(' ')}`)
  }
  for (const read of [guard, oauth, ingest])
    t.throws(() => read(['--only', 'moon']), { message: /^--only knows no row "moon"; choose from / })
})

t.test('the guard meets its load little by little, unless told to meet it cold', async t => {
  t.match(guard([]), { cold: false, connections: 256 })
  t.match(guard(['--cold', '--connections', '8']), { cold: true, connections: 8 })
})
