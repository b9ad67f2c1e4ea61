/** Parts of a network that were altered in one place, against comparing whatever they have. */
import { describe, expect, it } from 'vitest'
import { loadNetwork } from '../load.ts'
import { routesAt } from '../routes.ts'
import { isSameLink, isSameNode, isSameRoute } from './same-parts.ts'
import { Sameness } from './sameness.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network!

/** Of a node, a link or a route. */
const optional: ReadonlySet<string> = new Set(['site', 'vm', 'source'])

/** All copies in which one number or word is another, a list has an item more or less, or what may be absent is. */
function* altered(value: unknown, isFixed = false): Iterable<unknown> {
  if (typeof value === 'string') yield `${value}x`
  if (typeof value === 'number') yield value + 1
  if (typeof value === 'bigint') yield value + 1n
  if (Array.isArray(value)) {
    if (value.length > 0 && !isFixed) yield* [[...value, value[0]], value.slice(1)]
    for (const [index, each] of value.entries())
      for (const other of altered(each)) yield value.with(index, other)
  } else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, unknown>
      if (optional.has(name)) yield rest
      // A cable has two ends.
      for (const other of altered(each, name === 'ends')) yield { ...value, [name]: other }
    }
}

describe.each<[string, readonly object[], (one: never, other: never) => boolean]>([
  ['nodes', network.nodes, isSameNode],
  ['links', network.links, isSameLink],
  ['routes', network.nodes.flatMap((node) => routesAt(network, node)), isSameRoute],
])('%s', (_, parts, isSame) => {
  it('are the same as their copies, wherever these were written, and as nothing else', () => {
    let others = 0
    for (const part of parts) {
      expect(isSame(part as never, structuredClone(part) as never)).toBe(true)
      for (const other of altered(part)) {
        const expected = new Sameness().same(part, other)
        expect(isSame(part as never, other as never), JSON.stringify(other, shown)).toBe(expected)
        if (!expected) others++
      }
    }
    expect(others).toBeGreaterThan(parts.length)
  })
})

const shown = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
