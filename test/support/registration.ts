import type { ProviderOptions } from '../conformance/provider.ts'

/** What a client that registers itself has been given (RFC 7591 section 1.2). */
export const INITIAL_ACCESS_TOKEN = 'initial-access-token-of-the-foreign-clients'

/** What the provider's owner configures, so that clients may register themselves. */
export const withRegistration: ProviderOptions = ({ workspaceId }) => ({
  oauth: { registration: { workspaceId, initialAccessTokens: [INITIAL_ACCESS_TOKEN] } },
})
