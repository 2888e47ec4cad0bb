import t from 'tap'
import { type HtmlValue, html, trustedHtml } from '../src/html.ts'

t.test('text is escaped, in content and in quoted attributes', t => {
  const hostile = `<script>"a" & 'b'</script>`
  t.equal(
    html`<p title="${hostile}">${hostile}</p>`.toString(),
    '<p title="&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;">&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;</p>',
  )
  t.end()
})

t.test('markup made by a template is not escaped again', t => {
  t.equal(
    html`<ul>${['a&b', 'c'].map(text => html`<li>${text}</li>`)}</ul>`.toString(),
    '<ul><li>a&amp;b</li><li>c</li></ul>',
  )
  t.equal(html`${trustedHtml('<hr>')}`.toString(), '<hr>')
  t.end()
})

t.test('absent values leave nothing, numbers stand as they are', t => {
  t.equal(html`[${undefined}${false}${''}${0}]`.toString(), '[0]')
  t.end()
})

t.test('a value in an unquoted attribute is refused', t => {
  t.throws(() => html`<p title=${'x onclick=evil'}>`, TypeError)
  t.equal(html`${'a='}${'b'}`.toString(), 'a=b', 'a value that ends like an attribute is no attribute')
  t.end()
})

t.test('objects that only look like markup are refused', t => {
  for (const value of [{ toString: () => '<b>' }, { made: true }, null, true, () => '<b>']) {
    t.throws(() => html`${value as unknown as HtmlValue}`, TypeError)
  }
  t.end()
})
