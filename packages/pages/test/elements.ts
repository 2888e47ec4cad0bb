// Reads the elements of a page, strictly: a stray `<`, an unquoted attribute or an unclosed element is an error, where
// a browser would guess. That makes it a witness that nothing broke out of the place it was put.

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** The text inside, entities decoded, without its child elements' tags. */
  text: string
}

const VOID = new Set(['meta', 'input', 'img', 'br', 'link'])
const TOKEN = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z-]*(?:="[^"<>]*")?)*)\s*>|<!doctype html>|([^<]+)/gy
const ATTRIBUTE = /([a-z][a-z-]*)(?:="([^"]*)")?/g

/** @throws Error when the page is not well formed. */
export function elementsOf(page: string): Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  let end = 0
  for (const token of page.matchAll(TOKEN)) {
    end = token.index + token[0].length
    const [, closing, name, attributes, text] = token
    if (text) {
      for (const element of open) element.text += decoded(text)
    } else if (closing) {
      const closed = open.pop()
      if (closed?.name !== name) throw new Error(`</${name}> closes <${closed?.name}>`)
    } else if (name) {
      const element = { name, attributes: attributesOf(attributes ?? ''), text: '' }
      elements.push(element)
      if (!VOID.has(name)) open.push(element)
    }
  }
  if (end !== page.length) throw new Error(`Not well formed at: ${page.slice(end, end + 80)}`)
  if (open.length > 0) throw new Error(`Never closed: ${open.map(({ name }) => name).join(', ')}`)
  return elements
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    if (name in attributes) throw new Error(`Attribute ${name} stands twice`)
    attributes[name] = decoded(value)
  }
  return attributes
}

function decoded(text: string): string {
  return text.replace(
    /&(lt|gt|quot|#39|amp);/g,
    (_, entity: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[entity] ?? '',
  )
}
