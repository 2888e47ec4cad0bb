import { type Introduction, PARTIES, type PartyIntroduction, type PartyName } from './introduction.ts'
import { type SigningKey, signingKey } from './jose.ts'

/** A client whose keys are ready to sign. */
export interface Party extends PartyIntroduction {
  readonly keys: readonly SigningKey[]
}

/** What everything is made of that clients send. */
export interface Scene extends Introduction {
  readonly parties: Readonly<Record<PartyName, Party>>
  /** The server's clock, in seconds. */
  readonly seconds: number
}

/** @param now what the server's clock shows, in milliseconds */
export function sceneOf(introduction: Introduction, now: number): Scene {
  const ahead = now - Date.now()
  return {
    ...introduction,
    parties: partiesOf(introduction),
    get seconds() {
      return Math.floor((Date.now() + ahead) / 1000)
    },
  }
}

function partiesOf({ parties }: Introduction): Scene['parties'] {
  const ready: [PartyName, Party][] = PARTIES.map(name => [
    name,
    { ...parties[name], keys: keysOf(parties[name]) },
  ])
  return Object.fromEntries(ready) as Record<PartyName, Party>
}

function keysOf({ jwks }: PartyIntroduction): SigningKey[] {
  return jwks.map(jwk => signingKey(jwk.alg as SigningKey['alg'], jwk))
}
