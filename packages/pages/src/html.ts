/**
 * HTML as a tagged template that escapes. Whatever is put into a template is text until it has been made by a
 * template itself, so forgetting to escape is not possible, and escaping twice is not either.
 */

const made = Symbol('made by html``')

/** Markup that is finished: only {@link html} and {@link trustedHtml} make it. */
export interface Html {
  readonly [made]: true
  toString(): string
}

/** What a template takes: text is escaped, lists are joined, and an absent value leaves nothing behind. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Builds markup. Values are escaped for text and for quoted attributes alike.
 *
 * ```ts
 * html`<p title="${tooltip}">${name}</p>`
 * ```
 *
 * @throws TypeError for a value in an unquoted attribute, where escaping cannot help, and for a value that is no
 *   {@link HtmlValue}, which would otherwise appear as `[object Object]`.
 */
export function html(literals: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let text = literals[0] ?? ''
  for (const [index, value] of values.entries()) {
    if (literals[index]?.endsWith('=')) throw new TypeError('A value in an attribute needs quotes around it')
    text += render(value) + (literals[index + 1] ?? '')
  }
  return finished(text)
}

/**
 * Takes text for markup without looking at it. For text this package wrote itself, such as the style sheet, and
 * never for anything that came from outside.
 */
export function trustedHtml(text: string): Html {
  return finished(text)
}

function finished(text: string): Html {
  return { [made]: true, toString: () => text }
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'string') return escaped(value)
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(render).join('')
  if (value?.[made]) return value.toString()
  throw new TypeError(`A template takes text, numbers, lists and markup, not ${typeof value}`)
}

// Array.isArray alone does not narrow a readonly array.
function isList(value: HtmlValue): value is readonly HtmlValue[] {
  return Array.isArray(value)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character] ?? '')
}
