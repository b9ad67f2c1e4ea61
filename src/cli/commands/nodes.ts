/**
 * `glacis nodes FILE [NODE]`: every machine of the network, with its kind, its addresses and what listens on it; and if the network is up, which
 * had not their rules in force.
 */
import { globSource } from '../../file/index.ts'
import type { Network, Node } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { CommandError, exitCodes } from '../exit-code.ts'
import { nearNode } from '../find-node.ts'
import { findLapses, type Lapses } from '../lapses.ts'
import { isFile, requireNetwork } from '../network-argument.ts'
import { isOpenLapse, lapseState } from '../render/lapse-text.ts'
import { table } from '../render/table.ts'
import type { Terminal } from '../terminal.ts'

export interface NodesOptions {
  /** Which running network, if not that of the file's name. */
  readonly name?: string
}

export async function nodes(
  first: string | undefined,
  second: string | undefined,
  options: NodesOptions,
  terminal: Terminal,
): Promise<number> {
  const [file, pattern] =
    second === undefined && first !== undefined && !isFile(first) ? [undefined, first] : [first, second]
  const network = requireNetwork(file, terminal)
  const found = pattern === undefined ? network.nodes : findNodes(network, pattern)
  const lapses = await findLapses(options.name ?? network.name, terminal)
  terminal.result({
    running: lapses?.name ?? null,
    nodes: found.map((node) => ({ ...nodeJson(node), lapse: lapses?.of(node.id) ?? null })),
  })
  if (!terminal.json) terminal.print(nodesText(found, terminal, lapses))
  return exitCodes.ok
}

/** Nodes of that kind, and those whose id or last part is the pattern, begins with it, or matches it with `*` for anything. */
function findNodes({ nodes }: Network, pattern: string): readonly Node[] {
  const path = pattern.replace(/\/+$/, '')
  const glob = new RegExp(`^(.*/)?${globSource(path)}([-/].*)?$`)
  const found = nodes.filter(({ id, kind }) => glob.test(id) || kind === path)
  if (found.length > 0) return found
  const ids = nodes.map(({ id }) => id)
  const near = nearNode([...ids, ...nodes.map(({ kind }) => kind)], path)
  const remedy = near === undefined ? "'glacis nodes FILE' lists what there is" : `did you mean '${near}'?`
  throw new CommandError(`find node '${pattern}': the network has none of that name or kind; ${remedy}`)
}

const nodeJson = ({ id, kind, site, addresses, publicAddresses, vm, listeners }: Node) => ({
  id,
  kind,
  site: site ?? null,
  addresses: addresses.map(formatIp),
  publicAddresses: publicAddresses.map(formatIp),
  vm: vm
    ? { host: vm.host, tenant: vm.tenant, service: vm.service, role: vm.role, instance: vm.instance }
    : null,
  listeners: listeners.map(({ name, protocol, port, application }) => ({
    name,
    protocol,
    port,
    application,
  })),
})

function nodesText(nodes: readonly Node[], { out }: Terminal, lapses: Lapses | undefined): string {
  const states = nodes.map(({ id }) => lapses?.of(id))
  const rows = nodes.map(({ id, kind, addresses, publicAddresses, vm, listeners }, index) => {
    const state = states[index]
    return [
      id,
      out.dim(kind),
      [...addresses, ...publicAddresses].map(formatIp).join(' '),
      [
        ...listeners.map(({ protocol, port }) => `${protocol}/${port}`),
        ...(vm ? [out.dim(`on ${vm.host}`)] : []),
      ].join(' '),
      ...(state ? [(isOpenLapse(state) ? out.red : out.yellow)(lapseState(state))] : []),
    ]
  })
  const titles = ['node', 'kind', 'addresses', 'listens', ...(states.some(Boolean) ? ['state'] : [])]
  return table([titles.map(out.bold), ...rows])
}
