import t from 'tap'
import { installation } from '../installation.ts'

t.test('the error page knows its own words for the codes that a sign-in ends with', async t => {
  const { ask } = installation()
  const table = { access_denied: 403, login_expired: 410, user_not_allowed: 403, login_not_possible: 403 }
  for (const [error, status] of Object.entries(table)) {
    const response = await ask('GET', '/error', { query: { error } })
    t.equal(response.status, status, error)
    t.match(JSON.parse(response.body), { page: 'error', code: error, status, message: /\.$/ })
  }
})

t.test('nobody can put words on our page', async t => {
  const { ask } = installation()
  for (const error of ['', 'Call +1 555 0100', '<script>', 'toString', '__proto__', 'constructor']) {
    const response = await ask('GET', '/error', {
      query: { error, message: 'evil', error_description: 'evil' },
    })
    t.equal(response.status, 404, error)
    const { code, message } = JSON.parse(response.body)
    t.strictSame(
      { code, message },
      { code: 'unknown_error', message: 'There is no more to say about this error.' },
    )
  }
})
