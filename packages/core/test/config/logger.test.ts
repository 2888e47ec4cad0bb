import t from 'tap'
import { consoleLogger } from '../../src/config/logger.ts'

t.test(
  'warnings and errors are lines of JSON in the shape of pino, and errors keep their message',
  async t => {
    const written: string[] = []
    const { write } = process.stderr
    process.stderr.write = ((line: string) => written.push(line) > 0) as typeof write
    t.teardown(() => {
      process.stderr.write = write
    })
    const logger = consoleLogger()
    logger.debug({ a: 1 }, 'quiet')
    logger.info({ a: 1 }, 'quiet')
    logger.warn({ requestId: 'r-1' }, 'Something odd.')
    logger.error({ error: new TypeError('broken\nbadly') }, 'A request failed.')
    process.stderr.write = write

    t.equal(written.length, 2)
    t.ok(written.every(line => line.endsWith('\n') && line.indexOf('\n') === line.length - 1))
    const [warning, error] = written.map(line => JSON.parse(line))
    t.match(warning, { level: 40, requestId: 'r-1', msg: 'Something odd.' })
    t.type(warning.time, 'number')
    t.match(error, {
      level: 50,
      msg: 'A request failed.',
      error: { type: 'TypeError', message: 'broken\nbadly', stack: /config[\\/]logger\.test/ },
    })
  },
)
