import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Config,
  createConfig,
  DEFAULT_PLANS,
  type KeyEnvironment,
  type ManageEnvironment,
  type Pages,
  type Storage,
} from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import { databaseUrl } from './database.ts'
import { UsageError } from './problem.ts'

/** What a command works with: the environment of `manage/`, over the whole storage. */
export interface CommandEnvironment extends ManageEnvironment, KeyEnvironment {
  readonly storage: Storage
  /** The options that the application runs with, or the defaults. */
  readonly config: Config
}

/**
 * Opens the storage, lets `work` use it, and closes it again.
 * @throws {UsageError} when `DATABASE_URL` or `XWMS_CONFIG` is not usable
 * @throws {StorageUnavailableError} when the database cannot be reached or has yet to be migrated
 */
export async function withEnvironment<Outcome>(
  work: (environment: CommandEnvironment) => Promise<Outcome>,
): Promise<Outcome> {
  const storage = postgres(databaseUrl())
  try {
    const configured = await configuration(storage)
    await storage.ready()
    return await work({ storage, ...configured, now: new Date(), actor: 'cli', ip: undefined })
  } finally {
    await storage.close()
  }
}

/** The options of the application, checked as the application itself checks them. */
async function configuration(
  storage: Storage,
): Promise<Pick<CommandEnvironment, 'plans' | 'scopes' | 'config'>> {
  const file = process.env.XWMS_CONFIG
  const options = file ? await exportedOptions(file) : {}
  const config = createConfig({ ...options, storage, pages: NO_PAGES })
  // Without the application's options its own scopes are unknown here, and no reason to refuse.
  return file
    ? { plans: config.plans, scopes: config.scopes, config }
    : { plans: DEFAULT_PLANS, scopes: undefined, config }
}

async function exportedOptions(file: string): Promise<object> {
  const path = resolve(file)
  const module = await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new UsageError('config_unreadable', `XWMS_CONFIG: ${path} cannot be loaded: ${error.message}`)
  })
  if (typeof module.default === 'object' && module.default !== null) return module.default
  throw new UsageError(
    'config_unreadable',
    `XWMS_CONFIG: ${path} must export an object of options as its default`,
  )
}

/** The command shows no page, but options are not complete without them. */
const NO_PAGES: Pages = {
  signIn: noPage,
  consent: noPage,
  device: noPage,
  logout: noPage,
  message: noPage,
  account: noPage,
  formPost: noPage,
  error: noPage,
}

function noPage(): never {
  throw new Error('The command line has no pages.')
}
