import t from 'tap'
import { findClient } from '../../../src/context/clients/find-client.ts'
import { CLIENT, surroundings } from '../surroundings.ts'

const ADDRESS = 'https://app.example.com/client.json'

/** A context that tells where it was asked for a client. */
function scene(document = true) {
  const asked: string[] = []
  const context = {
    ...surroundings(),
    clientDocuments: {
      async find(address: string) {
        asked.push(`document ${address}`)
        return document ? { ...CLIENT, id: address } : undefined
      },
    },
    clients: {
      async find(id: string) {
        asked.push(id)
        return { client: { ...CLIENT, id }, domains: [], workspace: undefined }
      },
      close() {},
    },
  }
  return { context, asked }
}

t.test('an ordinary client is found by its id', async t => {
  const { context, asked } = scene()
  t.match(await findClient(context, CLIENT.id), { id: CLIENT.id })
  t.strictSame(asked, [CLIENT.id])
})

t.test('a client with a document is found once its document was looked at', async t => {
  const { context, asked } = scene()
  t.match(await findClient(context, ADDRESS), { id: ADDRESS })
  t.strictSame(asked, [`document ${ADDRESS}`, ADDRESS])
})

t.test('where documents are off, a client stored of one is not found any more', async t => {
  const { context, asked } = scene(false)
  t.equal(await findClient(context, ADDRESS), undefined)
  t.strictSame(asked, [`document ${ADDRESS}`])
})

t.test('what cannot be a client id is asked of nobody', async t => {
  const { context, asked } = scene()
  for (const id of [undefined, '', 'a b', '\0', `https://${'a'.repeat(600)}`])
    t.equal(await findClient(context, id), undefined)
  t.strictSame(asked, [])
})
