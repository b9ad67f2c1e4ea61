/** `glacis emit nft|windows FILE NODE`: the rules in force at a node, in the words of another firewall. */
import { emitNft, emitWindowsFirewall, UnsayableError } from '../../firewall/index.ts'
import type { Point, Policy } from '../../policy/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { findNode } from '../find-node.ts'
import { derived, requireNetwork } from '../network-argument.ts'
import type { Terminal } from '../terminal.ts'

export type Firewall = 'nft' | 'windows'

/** Prints the file; with `--json` it is the text in `text`. */
export function emit(
  firewall: Firewall,
  first: string,
  second: string | undefined,
  terminal: Terminal,
): number {
  const [file, name] = second === undefined ? [undefined, first] : [first, second]
  const network = requireNetwork(file, terminal)
  const node = findNode(
    network.nodes.map(({ id }) => id),
    name,
  )
  const points = pointsOf(derived(network, terminal), node)
  const text = textOf(points, firewall)
  terminal.result({ firewall, node, points: points.map(({ id }) => id), text })
  if (!terminal.json) terminal.print(text.trimEnd())
  return exitCodes.ok
}

/** The machine's own filters. Those of VMs stand at their ports of the host, where other machines' packets pass. */
function pointsOf({ points }: Policy, node: string): readonly Point[] {
  const here = points.filter((point) => point.node === node)
  const own = here.filter(({ kind }) => kind !== 'hypervisor')
  if (own.length > 0) return own
  throw new CommandError(
    `emit the rules of ${node}: no enforcement point stands on it; 'glacis rules FILE' lists where they stand`,
  )
}

function textOf(points: readonly Point[], firewall: Firewall): string {
  const emitters = { nft: emitNft, windows: emitWindowsFirewall }
  try {
    return emitters[firewall](points)
  } catch (error) {
    if (error instanceof UnsayableError) throw new CommandError(error.message)
    throw error
  }
}
