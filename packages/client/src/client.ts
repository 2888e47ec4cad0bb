import { type Data, list, member, whole } from './envelope.ts'
import { checkOptions, type XwmsClientOptions } from './options.ts'
import { type Transport, transport } from './transport.ts'
import type {
  Address,
  AddressInput,
  Country,
  Info,
  Project,
  SignedInUser,
  SignToken,
  UserInfo,
} from './wire.ts'

/** A person's identifier. Text is better kept than a number; both are taken. */
export type Sub = string | number

/**
 * The XWMS API, for the backend of an application that is registered as a client.
 *
 * A method per endpoint; each returns what stands in the `data` of the answer, with the field names of the API. All
 * of them throw `XwmsApiError` when XWMS refuses and `XwmsConnectionError` when it does not answer. Nothing is ever
 * retried: a POST may have been carried out though its answer got lost.
 *
 * ```ts
 * const xwms = new XwmsClient({ baseUrl: 'https://example.com/api/', clientId, clientSecret, domain: 'shop.example.com' })
 * const { url } = await xwms.signToken({ redirectUrl: 'https://shop.example.com/callback' })
 * ```
 */
export class XwmsClient {
  /** With a slash at its end. */
  readonly baseUrl: string
  readonly clientId: string
  readonly domain: string
  readonly #transport: Transport

  /** @throws XwmsOptionsError naming everything that is wrong with the options. */
  constructor(options: XwmsClientOptions) {
    const checked = checkOptions(options)
    this.baseUrl = checked.baseUrl
    this.clientId = checked.clientId
    this.domain = checked.domain
    this.#transport = transport(checked)
  }

  /** `GET info`: what this XWMS is, how it sees the caller, and where its endpoints are. Free. */
  info(): Promise<Info> {
    return this.#transport.get('info', infoOf)
  }

  /** `GET global/projects`: the projects that this XWMS shows. Free. */
  projects(): Promise<readonly Project[]> {
    return this.#transport.get('global/projects', list<Project>('projects'))
  }

  /** `POST global/countries`: every country. Paid by the call; the list hardly changes, so keep it. */
  countries(): Promise<readonly Country[]> {
    return this.#transport.post('global/countries', {}, list<Country>('countries'))
  }

  /**
   * `POST sign-token`: starts a sign-in. Send the browser to the `url` of the result, and note in the browser's
   * session that it went: only such a browser's return may be believed. Free.
   *
   * @param redirectUrl where the browser returns to; exactly one of the client's registered redirect URIs.
   * @param email fills in the sign-in form.
   */
  signToken({ redirectUrl, email }: { redirectUrl: string; email?: string }): Promise<SignToken> {
    return this.#transport.post(
      'sign-token',
      { redirect_url: redirectUrl, email },
      whole<SignToken>('token', 'url', 'expires_at'),
    )
  }

  /**
   * `POST sign-token-verify`: who signed in. A token can be verified once. Free.
   *
   * @param token the one that the browser came back with (see `signInCallback`), not the one of `signToken`.
   */
  verifySignToken(token: string): Promise<SignedInUser> {
    return this.#transport.post('sign-token-verify', { token }, whole<SignedInUser>('sub'))
  }

  /** `POST get/user/info`: what the person's profile says, as far as the client's scopes reach. Paid by the call. */
  async userInfo(sub: Sub, { socials = false }: { socials?: boolean } = {}): Promise<UserInfo> {
    return this.#transport.post('get/user/info', { sub: subText(sub), socials }, member<UserInfo>('user'))
  }

  /** `POST get/user/address`: the person's addresses, to read. Paid by the call; needs the scope `useraddresses`. */
  async userAddresses(sub: Sub): Promise<readonly Address[]> {
    return this.#transport.post('get/user/address', { sub: subText(sub) }, list<Address>('addresses'))
  }

  /** `POST user/address` with `list`: the same addresses, from the endpoint that changes them. Paid by the call. */
  listAddresses(sub: Sub): Promise<readonly Address[]> {
    return this.#address(sub, { action: 'list' }, list<Address>('addresses'))
  }

  /** `POST user/address` with `create`. Paid by the call; after a lost answer, look before creating again. */
  createAddress(sub: Sub, address: AddressInput): Promise<Address> {
    return this.#address(sub, { action: 'create', address }, member<Address>('address'))
  }

  /** `POST user/address` with `update`: changes the given fields of one address. Paid by the call. */
  updateAddress(sub: Sub, addressId: number, address: Partial<AddressInput>): Promise<Address> {
    return this.#address(
      sub,
      { action: 'update', address_id: addressId, address },
      member<Address>('address'),
    )
  }

  /** `POST user/address` with `delete`. Paid by the call. */
  async deleteAddress(sub: Sub, addressId: number): Promise<void> {
    await this.#address(sub, { action: 'delete', address_id: addressId }, data => data)
  }

  async #address<T>(sub: Sub, body: object, pick: (data: Data) => T | undefined): Promise<T> {
    return this.#transport.post('user/address', { sub: subText(sub), ...body }, pick)
  }
}

function infoOf(data: Data): Info | undefined {
  const complete = ['application', 'client', 'api'].every(name => member(name)(data))
  return complete ? (data as unknown as Info) : undefined
}

/**
 * A `sub` travels as text: it may be as large as 2^53 − 1, and a number beyond that has already become another one.
 *
 * @throws TypeError for such a number.
 */
function subText(sub: Sub): string {
  if (typeof sub === 'number' && !Number.isSafeInteger(sub)) {
    throw new TypeError('A sub given as a number must be an integer of at most 2^53 - 1; give it as text')
  }
  return String(sub)
}
