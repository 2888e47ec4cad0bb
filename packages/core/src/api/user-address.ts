import * as z from 'zod'
import { changeStored } from '../context/change-stored.ts'
import type { Context } from '../context/context.ts'
import type { GuardedCall, GuardedEndpoint, GuardRule } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { successEnvelope } from '../http/envelope.ts'
import type { HttpResponse } from '../http/response.ts'
import type { Address, Sub } from '../model/user.ts'
import { addressBody, addressChange, applyChange, newAddress } from './address-body.ts'
import { findApprovedUser } from './approved-user.ts'
import { parseBody, positiveInteger, sub } from './body.ts'

const SCOPE = 'useraddresses'

const guard: GuardRule = { purpose: 'api', scope: SCOPE, price: 'user-address' }

/** `POST /api/get/user/address`: a user’s addresses, oldest first. */
export const userAddresses: GuardedEndpoint = {
  method: 'POST',
  path: '/api/get/user/address',
  body: 'json',
  failure: 'envelope',
  guard,
  async handle(context, call) {
    const body = parseBody(call.input, z.object({ sub }))
    return listAddresses(context, await findAddressOwner(context, call, body.sub))
  },
}

/**
 * `POST /api/user/address`: lists, creates, updates or deletes a user’s addresses, as `action` says. `create` and
 * `update` answer with the `address`, `list` and `delete` with the `addresses` that there are then.
 *
 * An update changes the members of `address` that are given and keeps the others; null or empty text takes a value
 * away. Updates that run at once all hold, as far as they are of different members.
 */
export const changeUserAddress: GuardedEndpoint = {
  method: 'POST',
  path: '/api/user/address',
  body: 'json',
  failure: 'envelope',
  guard,
  handle: changeAddresses,
}

const addressId = positiveInteger('Send the id of one of the user’s addresses.')

const request = z.intersection(
  // Beside the actions instead of in each, so that a bad sub is named even where the action is bad too.
  z.object({ sub }),
  z.discriminatedUnion(
    'action',
    [
      z.object({ action: z.literal('list') }),
      z.object({ action: z.literal('create'), address: newAddress }),
      z.object({ action: z.literal('update'), address_id: addressId, address: addressChange }),
      z.object({ action: z.literal('delete'), address_id: addressId }),
    ],
    'Send one of list, create, update, delete.',
  ),
)

async function changeAddresses(context: Context, call: GuardedCall): Promise<HttpResponse> {
  const body = parseBody(call.input, request)
  const owner = await findAddressOwner(context, call, body.sub)
  const { addresses } = context.storage
  switch (body.action) {
    case 'list':
      return listAddresses(context, owner)
    case 'create': {
      const created = await addresses.create(owner, body.address, context.now())
      return successEnvelope('Address created successfully.', { address: addressBody(created) })
    }
    case 'update': {
      const { after } = await changeStored<Address>({
        kind: 'address',
        async read() {
          const found = await addresses.find(owner, body.address_id)
          if (found === undefined) throw addressNotFound()
          return found
        },
        change: before => ({ ...before, ...applyChange(before, body.address), updatedAt: context.now() }),
        write: (before, after) => addresses.update(before, after),
      })
      return successEnvelope('Address updated successfully.', { address: addressBody(after) })
    }
    case 'delete': {
      if (!(await addresses.delete(owner, body.address_id))) throw addressNotFound()
      return listAddresses(context, owner, 'Address deleted successfully.')
    }
  }
}

/**
 * Finds the user whose addresses a call is about. The rule chain knows what the client was granted; this adds what the
 * user approved.
 * @throws {HttpError} 404 `user_not_found`, 403 `scope_not_granted`
 */
async function findAddressOwner(context: Context, call: GuardedCall, sub: Sub): Promise<Sub> {
  const { user, scopes } = await findApprovedUser(context, call, sub)
  if (!scopes.includes(SCOPE)) {
    throw new HttpError(
      403,
      'scope_not_granted',
      `The user has not approved the scope ${SCOPE}. Ask for it in a new sign-in.`,
    )
  }
  return user.sub
}

async function listAddresses(
  context: Context,
  owner: Sub,
  message = 'Addresses retrieved successfully.',
): Promise<HttpResponse> {
  const addresses = await context.storage.addresses.list(owner)
  return successEnvelope(message, { addresses: addresses.map(addressBody) })
}

/** The same for an address that is gone, never was, or is somebody else’s. */
function addressNotFound(): HttpError {
  return new HttpError(
    404,
    'address_not_found',
    'The user has no address with this address_id. Use the action list to see which there are.',
  )
}
