import type { Address, Session, User } from '@xwms/core'
import type { GeneratedAlways } from 'kysely'
import { flag, integer, json, type Row, table, text, texts, time } from '../table.ts'

export const users = table<User>('users', {
  sub: text(),
  email: text(),
  emailVerified: flag,
  passwordHash: text(),
  name: text(),
  givenName: text(),
  familyName: text(),
  picture: text(),
  birthDate: text(),
  gender: text(),
  secondEmail: text(),
  phoneNumber: text(),
  country: text(),
  locale: text(),
  socials: json(),
  test: flag,
  disabledAt: time,
  createdAt: time,
  updatedAt: time,
})

export const addresses = table<Address>('addresses', {
  id: integer,
  sub: text(),
  type: text(),
  name: text(),
  companyName: text(),
  firstname: text(),
  lastname: text(),
  phone: text(),
  email: text(),
  taxNr: text(),
  registrationNr: text(),
  accessCode: text(),
  postalCode: text(),
  houseNumber: text(),
  street: text(),
  city: text(),
  country: text(),
  createdAt: time,
  updatedAt: time,
})

export const sessions = table<Session>('sessions', {
  idHash: text(),
  sid: text(),
  sub: text(),
  authenticatedAt: time,
  amr: texts,
  createdAt: time,
  expiresAt: time,
  ip: text(),
  userAgent: text(),
})

/** Whom the storage knows, where they live, and where they are signed in. */
export interface PeopleTables {
  users: Row<User>
  addresses: Omit<Row<Address>, 'id'> & { id: GeneratedAlways<number> }
  sessions: Row<Session>
  session_clients: { sid: string; client_id: string }
}
