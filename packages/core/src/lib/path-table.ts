/** What stands at a path, and what the path says in the places of the pattern's parameters. */
export interface FoundPath<Value> {
  readonly value: Value
  readonly parameters: Readonly<Record<string, string>>
}

/** Values by path. */
export interface PathTable<Value> {
  /** A lookup for a path without parameters, and for one that is not here; a walk over the segments for the rest. */
  find(path: string): FoundPath<Value> | undefined
}

/** Of a parameter: the unreserved characters of RFC 3986 section 2.3, as they stand. Nothing has to be decoded to be compared. */
const PARAMETER_VALUE = /^[A-Za-z0-9._~-]{1,200}$/

const NO_PARAMETERS: Readonly<Record<string, string>> = Object.freeze({})

interface Node<Value> {
  readonly segments: Map<string, Node<Value>>
  parameter: { readonly name: string; readonly node: Node<Value> } | undefined
  value: Value | undefined
}

/**
 * Makes a table of patterns such as `/workspaces/:workspace_id/usage`. A path that is written out goes before one with
 * parameters, and a segment that is written out before a parameter, together with all that follows.
 * @throws {Error} when two patterns differ in nothing but the name of a parameter
 */
export function createPathTable<Value>(
  rows: Iterable<readonly [pattern: string, value: Value]>,
): PathTable<Value> {
  const plain = new Map<string, FoundPath<Value>>()
  const root: Node<Value> = emptyNode()
  for (const [pattern, value] of rows) {
    if (pattern.includes('/:')) add(root, pattern, value)
    else plain.set(pattern, { value, parameters: NO_PARAMETERS })
  }
  return {
    find: path => plain.get(path) ?? (path.charCodeAt(0) === SLASH ? walk(root, path) : undefined),
  }
}

const SLASH = '/'.charCodeAt(0)

function emptyNode<Value>(): Node<Value> {
  return { segments: new Map(), parameter: undefined, value: undefined }
}

function add<Value>(root: Node<Value>, pattern: string, value: Value): void {
  let node = root
  for (const segment of pattern.slice(1).split('/')) {
    if (segment.startsWith(':')) {
      const name = segment.slice(1)
      node.parameter ??= { name, node: emptyNode() }
      if (node.parameter.name !== name) {
        throw new Error(`${pattern} calls ${name} what another path calls ${node.parameter.name}.`)
      }
      node = node.parameter.node
    } else {
      const next = node.segments.get(segment) ?? emptyNode()
      node.segments.set(segment, next)
      node = next
    }
  }
  node.value = value
}

function walk<Value>(root: Node<Value>, path: string): FoundPath<Value> | undefined {
  const parameters: Record<string, string> = {}
  let node = root
  let start = 1
  for (;;) {
    const end = path.indexOf('/', start)
    const segment = path.slice(start, end === -1 ? undefined : end)
    const next = node.segments.get(segment)
    if (next !== undefined) node = next
    else if (node.parameter !== undefined && PARAMETER_VALUE.test(segment)) {
      parameters[node.parameter.name] = segment
      node = node.parameter.node
    } else return undefined
    if (end === -1) return node.value === undefined ? undefined : { value: node.value, parameters }
    start = end + 1
  }
}
