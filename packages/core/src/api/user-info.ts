import * as z from 'zod'
import type { Context } from '../context/context.ts'
import type { GuardedCall, GuardedEndpoint } from '../context/endpoint.ts'
import { successEnvelope } from '../http/envelope.ts'
import type { HttpResponse } from '../http/response.ts'
import { findCountry } from '../lib/countries.ts'
import type { User } from '../model/user.ts'
import { findApprovedUser } from './approved-user.ts'
import { parseBody, sub } from './body.ts'

/**
 * `POST /api/get/user/info`: who a user is.
 *
 * What comes after `picture` is null unless the client was granted the scope `userinfo` and the user approved it; that is
 * no refusal, so the guard asks for no scope. `socials` is a list when `socials: true` asked for it, which may be empty,
 * and null when nobody asked. `country` is the alpha-2 code, as XWMS’s published documentation shows it; addresses carry the object.
 */
export const userInfo: GuardedEndpoint = {
  method: 'POST',
  path: '/api/get/user/info',
  body: 'json',
  failure: 'envelope',
  guard: { purpose: 'api', price: 'user-info' },
  handle: readUserInfo,
}

const request = z.object({
  sub,
  socials: z.boolean('Send true to get the user’s social profiles, or leave it out.').nullish(),
})

async function readUserInfo(context: Context, call: GuardedCall): Promise<HttpResponse> {
  const body = parseBody(call.input, request)
  const { user, scopes } = await findApprovedUser(context, call, body.sub)
  const details = scopes.includes('userinfo') ? detailsOf(user, body.socials === true) : NO_DETAILS
  return successEnvelope('User info retrieved successfully.', {
    user: {
      sub: user.sub,
      name: user.name,
      given_name: user.givenName ?? null,
      family_name: user.familyName ?? null,
      email: user.email,
      email_verified: user.emailVerified,
      picture: user.picture ?? null,
      ...details,
    },
  })
}

const NO_DETAILS = { birth_date: null, gender: null, second_email: null, country: null, socials: null }

function detailsOf(user: User, withSocials: boolean) {
  const country = user.country === undefined ? undefined : findCountry(user.country)
  return {
    birth_date: user.birthDate ?? null,
    gender: user.gender ?? null,
    second_email: user.secondEmail ?? null,
    country: country?.alpha2 ?? null,
    socials: withSocials
      ? user.socials.map(({ platform, username, url }) => ({ platform, username, url }))
      : null,
  }
}
