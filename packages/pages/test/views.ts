import type {
  AccountView,
  ConsentView,
  DeviceView,
  ErrorView,
  FormPostView,
  LogoutView,
  MessageView,
  PageClient,
  SignInView,
} from '@xwms/core'

// An ordinary view of each page; a test changes what it is about.

const base = { applicationName: 'XWMS', locale: 'en', nonce: 'n0nce' }
const form = { action: '/auth/interaction', interaction: 'interaction-1', csrfToken: 'csrf-1' }
const ownForm = { action: '/auth/page', interaction: undefined, csrfToken: 'csrf-1' }

export const client: PageClient = {
  name: 'Paper Plane',
  uri: 'https://paperplane.example/',
  logoUri: 'https://paperplane.example/logo.png',
  policyUri: 'https://paperplane.example/privacy',
  tosUri: 'https://paperplane.example/terms',
  vouchedFor: true,
}

const user = { name: 'Ada Lovelace', email: 'ada@example.com', picture: 'https://example.com/ada.png' }

export const signIn: SignInView = {
  ...base,
  ...form,
  client,
  login: '',
  problem: undefined,
  problemCode: undefined,
}

export const consent: ConsentView = {
  ...base,
  ...form,
  client,
  returnsTo: 'app.paperplane.example',
  user,
  userCode: undefined,
  scopes: [
    { name: 'userinfo', description: 'See your birth date', alreadyApproved: true },
    { name: 'useraddresses', description: 'See and change your addresses', alreadyApproved: false },
  ],
  claims: [],
  resources: [],
  authorizationDetails: [],
  lastsSeconds: 3600,
  switchAccountUrl: '/auth/switch?interaction=interaction-1',
}

export const device: DeviceView = {
  ...base,
  ...ownForm,
  userCode: '',
  problem: undefined,
  problemCode: undefined,
}

export const logout: LogoutView = { ...base, ...ownForm, client, user }

export const message: MessageView = { ...base, message: 'device_connected', client }

export const account: AccountView = {
  ...base,
  ...ownForm,
  user,
  notice: undefined,
  applications: [
    {
      clientId: 'cl_1',
      client,
      scopes: [
        { name: 'userinfo', description: 'See your birth date' },
        { name: 'orders:read', description: 'Read your orders' },
      ],
      access: [
        { kind: 'resource', name: 'https://stock.example.com', description: 'the shop’s stock' },
        { kind: 'claim', name: 'birthdate', description: 'See your birth date' },
      ],
      since: new Date('2026-01-31T23:30:00Z'),
    },
    {
      clientId: 'cl_2',
      client: {
        name: 'Harbour Coffee',
        uri: undefined,
        logoUri: undefined,
        policyUri: undefined,
        tosUri: undefined,
        vouchedFor: true,
      },
      scopes: [],
      access: [],
      since: new Date('2025-06-01T12:00:00Z'),
    },
  ],
  sessions: [
    {
      sid: 'sid_1',
      current: true,
      since: new Date('2026-03-04T05:06:07Z'),
      ip: '203.0.113.10',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    {
      sid: 'sid_2',
      current: false,
      since: new Date('2026-03-01T05:06:07Z'),
      ip: '2001:db8::7',
      userAgent: undefined,
    },
  ],
  timezone: 'Europe/Amsterdam',
}

export const formPost: FormPostView = {
  ...base,
  action: 'https://paperplane.example/callback?tenant=1',
  parameters: { code: 'code-1', state: 'state-1', iss: 'https://id.example.com' },
}

export const error: ErrorView = {
  ...base,
  status: 400,
  code: 'redirect_uri_mismatch',
  message: 'The redirect URI is not registered.',
  requestId: 'request-1',
}
