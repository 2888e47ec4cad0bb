// A client that nobody vouches for, as the person in front of the browser meets it.
import type { Test } from 'tap'
import { onEveryProvider, type Party, type Provider } from '../conformance/provider.ts'
import { begin } from '../conformance/relying-party.ts'
import { PASSWORD } from '../support/seed.ts'
import { publish } from '../support/site.ts'

/** A stranger's site, with the document of a client that takes another's name. */
async function phisher(t: Test, provider: Provider): Promise<Party> {
  const documents: Record<string, unknown> = {}
  const id = `${await publish(t, provider.authority, documents)}/client.json`
  const redirectUri = 'https://phisher.example/bank'
  documents['/client.json'] = { client_id: id, client_name: 'Your Bank', redirect_uris: [redirectUri] }
  return { id, redirectUri, secret: '', client: undefined as never }
}

await onEveryProvider(
  flow => {
    flow('a phisher’s link ends on our page, which says so', async (t, provider) => {
      const party = await phisher(t, provider)
      for (const over of [{ scope: 'nonsense' }, { prompt: 'none' }, { response_type: 'token' }]) {
        const page = await provider.browser().open(begin(provider, party, over).url)
        t.equal(page.url.origin, provider.origin, JSON.stringify(over))
        t.equal(page.status, 400)
        t.match(page.html, 'An application that nobody here has checked sent you.')
        t.match(
          page.html,
          /<a href="https:\/\/phisher\.example\/bank\?error=[^"]+" rel="noreferrer" id="error-return">/,
        )
        t.notMatch(page.html, /<script|http-equiv|<iframe/)
      }
    })

    flow(
      'the sign-in and the consent warn of it, and name the host that it really has',
      async (t, provider) => {
        const party = await phisher(t, provider)
        const browser = provider.browser()
        const signIn = await browser.open(begin(provider, party).url)
        const { host } = new URL(party.id)
        t.match(signIn.html, 'Nobody here has checked this application.')
        t.match(signIn.html, host)
        const login = { login: 'ada@example.com', password: PASSWORD }
        const consent = await browser.press(signIn, 'login-submit', login)
        t.match(consent.html, 'Nobody here has checked this application.')
        t.match(consent.html, /returns to <strong><bdi dir="auto">phisher\.example<\/bdi><\/strong>/)
        t.match(consent.html, /This lasts for up to 1 hour after you sign in/)
        const denied = await browser.press(consent, 'consent-deny')
        t.equal(denied.url.origin, provider.origin)
        t.match(denied.html, 'access_denied')

        const known = await provider.client()
        const ordinary = await provider.browser().open(begin(provider, known).url)
        t.notMatch(ordinary.html, 'Nobody here has checked')
      },
    )
  },
  ({ workspaceId }) => ({ oauth: { clientIdMetadataDocuments: { workspaceId } } }),
)
