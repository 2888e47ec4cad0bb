import { Browser, fieldOf } from './browser.ts'
import type { Pair } from './draft.ts'
import {
  atTheEnd,
  authorizationPath,
  codeFor,
  createAddress,
  device,
  openForm,
  ownForm,
  push,
  registration,
  signIn,
  signTokenUrl,
  tokensFor,
} from './flows.ts'
import { PARTIES, type PartyName, RESOURCES } from './introduction.ts'
import type { Holding, Material, OpenForm } from './material.ts'
import { calm, type Random } from './random.ts'
import type { Party, Scene } from './scene.ts'

/** Of each kind: enough that a request that spends one leaves some for others. */
const OF_EACH_KIND = 4
const FORMS = 10

/** Walks through every flow, and stops at each stage at which valid requests can go on. */
export async function gatherMaterial(scene: Scene, sessions: readonly string[]): Promise<Material> {
  const browser = new Browser(scene.url)
  const random = calm()
  await signIn(browser, scene)
  const holdings = await holdingsOf(scene, browser, random)
  const registered = await Promise.all(
    Array.from({ length: 2 * OF_EACH_KIND }, () => registration(scene, random)),
  )
  const [devices, logouts] = [
    await approvedDevices(scene, browser, random),
    await logoutsOf(scene, sessions, random),
  ]
  return {
    ...scene,
    // A getter, of which a spread takes only the value of this moment.
    get seconds() {
      return scene.seconds
    },
    sessions: sessions.slice(logouts.length),
    logouts,
    ...(await formsUnderWay(scene, browser)),
    deviceForm: ownForm(browser, await browser.get('/device')),
    accountForm: ownForm(browser, await browser.get('/account')),
    ownSignInForm: ownForm(browser, await browser.get('/sign-in?return_to=account&switch=1')),
    logoutForm: ownForm(browser, await browser.get('/oauth/logout')),
    deviceApprovals: devices,
    holdings,
    registrations: registered.slice(0, OF_EACH_KIND),
    doomed: registered.slice(OF_EACH_KIND),
    cookie: browser.cookie,
    addressId: await createAddress(scene),
  }
}

async function formsUnderWay(scene: Scene, browser: Browser) {
  const { shop } = scene.parties
  const signInForms: OpenForm[] = []
  const consentForms: OpenForm[] = []
  const callbackTokens: string[] = []
  for (let count = 0; count < FORMS; count++) {
    const stranger = new Browser(scene.url)
    signInForms.push(openForm(stranger, await stranger.get(authorizationPath(shop, ['prompt', 'login']))))
    signInForms.push(openForm(stranger, await stranger.get(await signTokenUrl(scene))))
    consentForms.push(openForm(browser, await browser.get(authorizationPath(shop, ['prompt', 'consent']))))
    callbackTokens.push(atTheEnd(await browser.get(await signTokenUrl(scene)), 'token'))
  }
  return { signInForms, consentForms, callbackTokens }
}

async function holdingsOf(scene: Scene, browser: Browser, random: Random): Promise<Material['holdings']> {
  const holdings: [PartyName, Holding][] = []
  // One after the other, because the pages are in one browser.
  for (const name of PARTIES)
    holdings.push([name, await holdingOf(scene, browser, random, scene.parties[name])])
  return Object.fromEntries(holdings) as Material['holdings']
}

async function holdingOf(scene: Scene, browser: Browser, random: Random, party: Party): Promise<Holding> {
  const usesCodes = party.grantTypes.includes('authorization_code')
  const usesDevices = party.grantTypes.includes('urn:ietf:params:oauth:grant-type:device_code')
  const code = (...more: Pair[]) => codeFor(scene, browser, random, party, more)
  const codes = await times(usesCodes ? OF_EACH_KIND : 0, () => code())
  const tokens = await times(usesCodes ? 2 : 0, async () => tokensFor(scene, random, party, await code()))
  const forJwt = ['resource', RESOURCES.jwt] as Pair
  const forHost = ['resource', RESOURCES.host] as Pair
  if (usesCodes) tokens.push(await tokensFor(scene, random, party, await code(forJwt), [forJwt]))
  const forManagement = ['resource', RESOURCES.management] as Pair
  const [hostTokens, managementTokens] = [
    await times(usesCodes ? 1 : 0, async () =>
      tokensFor(scene, random, party, await code(forHost), [forHost]),
    ),
    await times(usesCodes ? 1 : 0, async () =>
      tokensFor(scene, random, party, await code(forManagement), [forManagement]),
    ),
  ]
  const devices = await times(usesDevices ? OF_EACH_KIND / 2 : 0, () => device(scene, random, party))
  const pushed = await times(usesCodes && party.method !== 'none' ? 2 : 0, () =>
    push(scene, random, party, []),
  )
  return {
    codes,
    tokens,
    hostTokens,
    managementTokens,
    pushed,
    deviceCodes: devices.map(({ device_code }) => device_code),
    userCodes: devices.map(({ user_code }) => user_code),
  }
}

/** One after the other. */
async function times<Made>(count: number, make: (index: number) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  for (let index = 0; index < count; index++) made.push(await make(index))
  return made
}

/** Devices that were just allowed something, and are still to be told. */
function approvedDevices(
  scene: Scene,
  browser: Browser,
  random: Random,
): Promise<Material['deviceApprovals']> {
  return times(OF_EACH_KIND, async () => {
    const { user_code } = await device(scene, random, scene.parties.shop)
    const csrf_token = fieldOf(await browser.get('/device'), 'csrf_token')
    const asked = openForm(browser, await browser.post('/device', { csrf_token, user_code }))
    const { searchParams } = await browser.postOnly('/consent', {
      interaction: asked.interaction,
      csrf_token: asked.csrfToken,
      decision: 'allow',
    })
    return { query: [...searchParams], cookie: browser.cookie }
  })
}

/** ID tokens with the sessions that they are about. */
function logoutsOf(scene: Scene, sessions: readonly string[], random: Random): Promise<Material['logouts']> {
  const { shop } = scene.parties
  return times(OF_EACH_KIND, async index => {
    const session = sessions[index] ?? ''
    const browser = new Browser(scene.url, session)
    const tokens = await tokensFor(scene, random, shop, await codeFor(scene, browser, random, shop, []))
    return { ...ownForm(browser, await browser.get('/oauth/logout')), idToken: tokens.idToken ?? '' }
  })
}
