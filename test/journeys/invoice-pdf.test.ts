import { closeMonth, monthAfter, monthOf } from '@xwms/core'
import { invoicePdf } from '@xwms/invoice-pdf'
import { ownToken } from '../support/own-token.ts'
import { onEveryStack } from '../support/stack.ts'

const seller = { name: 'Grün GmbH', addressLines: ['Straße 1'], country: 'DE' }

// Whatever a framework does to bodies: the file that arrives is the one that was written, byte for byte.
onEveryStack(
  'an invoice is downloaded as PDF',
  async (t, { kit, workspace, environment, ...stack }) => {
    const month = monthOf(new Date())
    const { invoice } = await closeMonth(
      { ...environment, storage: kit.config.storage, config: kit.config, now: monthAfter(month) },
      { workspaceId: workspace.id, month },
    )
    const token = await ownToken(stack, { scope: 'manage:read' })
    const url = `${stack.url}/manage/v1/workspaces/${workspace.id}/invoices/${invoice.number}?format=pdf`
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(url, { headers })
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('content-type'), 'application/pdf')
    const bytes = Buffer.from(await answer.arrayBuffer())
    t.ok(bytes.equals(await invoicePdf(invoice)))
    const head = await fetch(url, { method: 'HEAD', headers })
    t.equal(head.headers.get('content-length'), String(bytes.byteLength))
    t.equal((await head.arrayBuffer()).byteLength, 0)
  },
  { prefixes: [''], kit: { invoices: { seller, vatBasisPoints: 1900, pdf: invoicePdf } } },
)
