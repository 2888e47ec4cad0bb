// The public names of @xwms/client.

export { type SignInCallback, signInCallback } from './callback.ts'
export { type Sub, XwmsClient } from './client.ts'
export { XwmsApiError, XwmsConnectionError, XwmsError, XwmsOptionsError } from './errors.ts'
export type { XwmsClientOptions } from './options.ts'
export type {
  Address,
  AddressInput,
  AddressType,
  Country,
  Info,
  Project,
  SignedInUser,
  SignToken,
  SocialProfile,
  UserInfo,
} from './wire.ts'
