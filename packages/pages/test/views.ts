import type { ConsentView, ErrorView, PageClient, SignInView } from '@xwms/core'

// An ordinary view of each page; a test changes what it is about.

const base = { applicationName: 'XWMS', locale: 'en', nonce: 'n0nce' }
const form = { action: '/auth/interaction', interaction: 'interaction-1', csrfToken: 'csrf-1' }

export const client: PageClient = {
  name: 'Paper Plane',
  uri: 'https://paperplane.example/',
  logoUri: 'https://paperplane.example/logo.png',
  policyUri: 'https://paperplane.example/privacy',
  tosUri: 'https://paperplane.example/terms',
}

export const signIn: SignInView = { ...base, ...form, client, login: '', problem: undefined }

export const consent: ConsentView = {
  ...base,
  ...form,
  client,
  returnsTo: 'app.paperplane.example',
  user: { name: 'Ada Lovelace', email: 'ada@example.com', picture: 'https://example.com/ada.png' },
  scopes: [
    { name: 'userinfo', description: 'See your birth date', alreadyApproved: true },
    { name: 'useraddresses', description: 'See and change your addresses', alreadyApproved: false },
  ],
  switchAccountUrl: '/auth/switch?interaction=interaction-1',
}

export const error: ErrorView = {
  ...base,
  status: 400,
  code: 'redirect_uri_mismatch',
  message: 'The redirect URI is not registered.',
  requestId: 'request-1',
}
