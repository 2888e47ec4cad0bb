import { createUser, type User } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { dataDirectory } from '../start/data-directory.ts'
import { type Standalone, startStandalone } from '../start/standalone.ts'
import { freshDatabase } from '../support/database.ts'

/** What `npm start` runs, with people who have never been to its partner app. */
export interface Shop {
  readonly xwms: Standalone
  /** Where the partner app is. */
  readonly url: string
  readonly databaseUrl: string
  /** Somebody new, whose password is {@link PASSWORD}. */
  newcomer(name: string): Promise<User>
}

export const PASSWORD = 'correct horse battery staple'

/** Starts it for one test file, on a database of its own. */
export async function openShop(t: Test): Promise<Shop> {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const storage = postgres(database.url)
  t.teardown(() => storage.close())
  const directory = await dataDirectory(t)
  const xwms = await startStandalone({ DATABASE_URL: database.url, XWMS_DATA_DIR: directory })
  t.teardown(() => xwms.end('SIGTERM'))
  const environment = { storage, plans: {}, scopes: undefined, actor: 'test', ip: undefined }
  return {
    xwms,
    url: xwms.partnerUrl,
    databaseUrl: database.url,
    async newcomer(name) {
      const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
      return await createUser(
        { ...environment, now: new Date() },
        { email, name, password: PASSWORD, emailVerified: true },
      )
    },
  }
}

/** From the partner app to the sign-in form of XWMS. */
export async function goToSignIn(page: Page, shop: Shop): Promise<void> {
  await page.goto(shop.url)
  await page.click('#sign-in')
  await page.waitForSelector('#login')
}

/** Fills in the sign-in form and sends it. */
export async function signIn(page: Page, login: string, password: string): Promise<void> {
  await page.fill('#login', login)
  await page.fill('#password', password)
  await page.click('#login-submit')
}
