/** What can fail. */
import type { Failed, Network, Node, NodeKind } from '../../model/index.ts'

export type ElementKind = Exclude<NodeKind, 'internet' | 'vm'> | 'link' | 'site'

export interface Element {
  /** Of its node or link, or the name of its site. */
  readonly id: string
  readonly kind: ElementKind
  readonly failed: Failed
}

const none: ReadonlySet<string> = new Set()

/**
 * Nodes with what lives in them, links, and whole sites, in this order. VMs and their ports are not among them: a host takes its VMs along,
 * so that whatever breaks with one of them breaks with the host.
 */
export function elementsOf({ nodes, links, sites }: Network): readonly Element[] {
  return [
    ...nodes.flatMap(({ id, kind }): Element[] =>
      kind === 'internet' || kind === 'vm'
        ? []
        : [{ id, kind, failed: { nodes: new Set([id]), links: none } }],
    ),
    ...links.flatMap(({ id, kind }): Element[] =>
      kind === 'vm-port' ? [] : [{ id, kind: 'link', failed: { nodes: none, links: new Set([id]) } }],
    ),
    ...sites.map(
      ({ name }): Element => ({
        id: name,
        kind: 'site',
        failed: { nodes: new Set(nodes.filter(isInside(name)).map(({ id }) => id)), links: none },
      }),
    ),
  ]
}

/** Providers of a site stand outside, but are joined to nothing else: they fall with it. */
const isInside =
  (site: string) =>
  (node: Node): boolean =>
    node.site === site

/** What fails if all of some elements do. */
export const together = (elements: readonly Element[]): Failed => ({
  nodes: new Set(elements.flatMap(({ failed }) => [...failed.nodes])),
  links: new Set(elements.flatMap(({ failed }) => [...failed.links])),
})
