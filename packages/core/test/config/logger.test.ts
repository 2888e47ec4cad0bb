import t from 'tap'
import { consoleLogger, withPlainErrors } from '../../src/config/logger.ts'

t.test(
  'warnings and errors are lines of JSON in the shape of pino, and errors keep their message',
  async t => {
    const written: string[] = []
    const { write } = process.stderr
    process.stderr.write = ((line: string) => written.push(line) > 0) as typeof write
    t.teardown(() => {
      process.stderr.write = write
    })
    const logger = withPlainErrors(consoleLogger())
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

t.test(
  'a logger of the host gets errors as plain objects, with what caused them and without what a database adds',
  t => {
    const got: object[] = []
    const take = (fields: object) => got.push(fields)
    const logger = withPlainErrors({ debug: take, info: take, warn: take, error: take })
    const refused = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (token)=(hunter2) exists.',
    })
    const error = new RangeError('It cannot be written.', { cause: refused })
    const circle = new Error('a circle')
    circle.cause = circle
    logger.error({ error, events: 2 }, '')
    logger.warn({ error: circle }, '')
    logger.info({ error: 'a text' }, '')
    logger.debug({}, '')
    t.match(JSON.parse(JSON.stringify(got[0])), {
      events: 2,
      error: {
        type: 'RangeError',
        message: 'It cannot be written.',
        stack: /logger.test/,
        cause: { type: 'Error', message: 'duplicate key', code: '23505', stack: /logger.test/ },
      },
    })
    t.notMatch(JSON.stringify(got), 'hunter2')
    t.match(got.slice(1), [{ error: { message: 'a circle' } }, { error: 'a text' }, {}])
    t.end()
  },
)
