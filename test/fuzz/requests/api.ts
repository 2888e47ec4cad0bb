import type { Json } from '../draft.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import type { Contents } from './content.ts'

export const API: Contents = {
  'POST /api/sign-token': ({ redirectUri, email }, random) => ({
    json: { redirect_url: redirectUri, ...(random.chance(0.5) && { email }) },
  }),
  'POST /api/sign-token-verify': ({ callbackTokens }, random) => ({
    json: { token: random.pick(callbackTokens), redirect_url: 'https://shop.example.com' },
  }),
  'POST /api/get/user/info': ({ sub }, random) => ({
    json: { sub: random.pick([sub, Number(sub)]), socials: random.chance(0.5) },
  }),
  'POST /api/get/user/address': ({ sub }) => ({ json: { sub: Number(sub) } }),
  'POST /api/user/address': (material, random) => ({ json: addressRequest(material, random) }),
}

function addressRequest({ sub, addressId }: Material, random: Random): { [name: string]: Json } {
  const address: { [name: string]: Json } = {
    type: random.pick(['standard', 'billing', 'mailing']),
    name: 'Home',
    firstname: 'Ann',
    lastname: 'Example',
    email: 'ann@example.com',
    postal_code: '1234 AB',
    house_number: '1',
    street: 'Canal',
    city: 'Utrecht',
    ...random.pick<{ [name: string]: Json }>([{ country: 'NL' }, { country: 'BEL' }, { country_id: 528 }]),
  }
  return random.pick<{ [name: string]: Json }>([
    { sub: Number(sub), action: 'list' },
    { sub, action: 'create', address },
    { sub, action: 'update', address_id: addressId, address },
    { sub, action: 'delete', address_id: addressId },
  ])
}
