/** What of a packet's way shows that it does what a counterexample says. */
import type { Path, World } from '../../trace/index.ts'
import type { Counterexample } from './verdict.ts'

/**
 * Whether a path of a packet that somebody sends bears out what is said of it. Of answers, and of ways that are compared, no single path does.
 * @param at node, node and interface, or point
 * @param does absent: it is not to be there
 */
export function shows(
  world: World,
  { at, does }: Pick<Counterexample, 'at' | 'does'>,
): (path: Path) => boolean {
  const [node, iface] = at.split(' ') as [string, string | undefined]
  // The walk follows one of several ways that meet again: a node of the same kind does as well.
  const ends = (from: string, by: string): string =>
    `${world.node(from).kind} ${world.node(world.peer(from, by).node).kind}`
  switch (does) {
    case 'is stopped':
      return ({ end }) => end.kind === 'denied' && end.point.id === at
    case 'is lost':
      return ({ end }) => end.node === node && (end.kind === 'no-route' || end.kind === 'not-for-node')
    case 'goes round':
      return ({ end }) => end.kind === 'hop-limit'
    case 'has its answer lost':
    case 'has errors about it lost':
    case 'has errors about its answer lost':
      return () => false
    case 'goes astray':
    case 'depends on its way':
      return ({ hops }) => hops.some((hop) => hop.node === node)
    case undefined: {
      if (iface === undefined) return ({ end }) => end.kind === 'delivered' && end.node === node
      const wanted = ends(node, iface)
      return ({ hops }) =>
        hops.some(({ node: from, departure }) => departure !== undefined && ends(from, departure) === wanted)
    }
  }
}
