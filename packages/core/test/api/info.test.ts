import t from 'tap'
import { countries } from '../../src/api/countries.ts'
import { info } from '../../src/api/info.ts'
import { projects } from '../../src/api/projects.ts'
import { signToken } from '../../src/api/sign-token.ts'
import { signTokenVerify } from '../../src/api/sign-token-verify.ts'
import { userAddresses } from '../../src/api/user-address.ts'
import { userInfo } from '../../src/api/user-info.ts'
import { scene } from './scene.ts'

t.test('info says what the installation is, how it sees the caller, and where its endpoints are', async t => {
  const { call } = scene({
    application: {
      name: 'Paper Plane ID',
      description: 'Accounts of Paper Plane',
      version: '3.1',
      locale: 'nl',
      timezone: 'Europe/Amsterdam',
      documentationUrl: 'https://docs.example.com/',
    },
  })
  const { status, body } = await call(
    info,
    {},
    {
      baseUrl: 'https://example.com/auth',
      request: { ip: '2001:db8::1', headers: { 'user-agent': 'curl/8' } },
    },
  )

  t.equal(status, 200)
  t.equal(body.status, 'success')
  t.strictSame(body.data, {
    application: {
      name: 'Paper Plane ID',
      description: 'Accounts of Paper Plane',
      version: '3.1',
      locale: 'nl',
      timezone: 'Europe/Amsterdam',
      time: '2026-03-04T05:06:07.089Z',
    },
    client: { ip: '2001:db8::1', user_agent: 'curl/8' },
    api: {
      documentation: 'https://docs.example.com/',
      endpoints: {
        general_info: 'https://example.com/auth/api/info',
        countries: 'https://example.com/auth/api/global/countries',
        projects: 'https://example.com/auth/api/global/projects',
        user_address: 'https://example.com/auth/api/get/user/address',
        user_info: 'https://example.com/auth/api/get/user/info',
        auth_signin: 'https://example.com/auth/api/sign-token',
        auth_verify: 'https://example.com/auth/api/sign-token-verify',
      },
    },
  })
})

t.test('info has null for what is unknown', async t => {
  const { body } = await scene().call(info)

  t.equal(body.data.client.user_agent, null)
  t.equal(body.data.api.documentation, null)
  t.equal(body.data.application.name, 'XWMS')
})

t.test('the addresses that info gives are those of the endpoints', async t => {
  const { body } = await scene().call(info, {}, { baseUrl: '' })

  t.strictSame(body.data.api.endpoints, {
    general_info: info.path,
    countries: countries.path,
    projects: projects.path,
    user_address: userAddresses.path,
    user_info: userInfo.path,
    auth_signin: signToken.path,
    auth_verify: signTokenVerify.path,
  })
})

t.test('info is open to everybody and takes no body', async t => {
  t.equal(info.guard, undefined)
  t.equal(info.method, 'GET')
  t.equal(info.body, 'none')
})
