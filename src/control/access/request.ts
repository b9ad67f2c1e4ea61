/** A wish for access, held against the network: who, from where to where, for how long, and why. */
import { formatDuration, suggestion } from '../../file/index.ts'
import { type Network, type Node, nodeById, nodesOfKind, type Site, siteByName } from '../../model/index.ts'
import { Protocol } from '../../net/index.ts'
import type { GrantedPath } from '../../policy/index.ts'
import { AccessError } from './access-error.ts'

export interface AccessRequest {
  /** Who gets access. */
  readonly who: string
  /** Who asks for it on this machine, as far as is known. */
  readonly by: string
  /** A host, by its id. */
  readonly to: string
  /** A jump box, by its id; absent: the only one of the host's site. */
  readonly from?: string
  /** Name or number; absent: `agent`. */
  readonly port?: string
  readonly seconds: number
  readonly reason: string
}

/** A request that can be granted. */
export interface CheckedRequest {
  readonly who: string
  readonly by: string
  readonly reason: string
  readonly seconds: number
  readonly from: string
  readonly to: string
  readonly port: number
  /** One for each address family that both have. */
  readonly paths: readonly GrantedPath[]
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/
const maxReason = 500
/** Control characters, and those that change the direction of text: they could make a list show something else. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u

/** Throws `AccessError` with what is wrong and what would be right. */
export function checkRequest(network: Network, request: AccessRequest): CheckedRequest {
  const { who, by, seconds } = request
  if (!namePattern.test(who))
    refuse(`'${printable(who)}' is no name; give --who letters, digits and . _ @ + -, at most 64`)
  const reason = request.reason.trim()
  if (reason === '') refuse("a grant needs a reason; give --reason '…'")
  if (reason.length > maxReason || unprintable.test(reason))
    refuse(`the reason must be at most ${maxReason} printable characters; shorten it`)
  const { longest } = network.support
  if (!Number.isInteger(seconds) || seconds < 1) refuse('it needs a time; give --for, such as 30m')
  if (seconds > longest)
    refuse(
      `${formatDuration(seconds)} is longer than ${formatDuration(longest)}; ask for less, or change support.longest in ${network.file}`,
    )
  const to = hostOf(network, request.to)
  const site = siteByName(network, to.site as string) as Site
  const from = jumpBoxOf(network, site, request.from)
  const port = portOf(site, request.port ?? 'agent')
  return { who, by, reason, seconds, from: from.id, to: to.id, port, paths: pathsBetween(from, to, port) }
}

/** What a grant opens: from each address of a jump box to that of the host of its family. */
export const pathsBetween = (
  from: Pick<Node, 'addresses'>,
  to: Pick<Node, 'addresses'>,
  port: number,
): readonly GrantedPath[] =>
  from.addresses.flatMap((source) =>
    to.addresses
      .filter(({ family }) => family === source.family)
      .map((destination) => ({ source, destination, protocol: Protocol.tcp, port })),
  )

function refuse(what: string): never {
  throw new AccessError('GL7010', `grant access: ${what}`)
}

const printable = (text: string): string => text.replace(new RegExp(unprintable, 'gu'), '?').slice(0, 80)

function hostOf(network: Network, id: string): Node {
  const node = nodeById(network, id)
  if (node?.kind === 'host') return node
  const hosts = network.nodes.filter(({ kind }) => kind === 'host').map((host) => host.id)
  const what = node ? `${id} is no host` : `there is no host '${printable(id)}'`
  return refuse(`${what}; ${suggestion(id, hosts, 'hosts are') ?? 'the network has none'}`)
}

function jumpBoxOf(network: Network, site: Site, id: string | undefined): Node {
  const boxes = nodesOfKind(network, site.name, 'jump-box')
  const ids = boxes.map((box) => box.id)
  const [first] = boxes
  if (!first) return refuse(`${site.name} has no jump box; give its template one`)
  if (id === undefined) {
    if (boxes.length === 1) return first
    return refuse(`${site.name} has ${boxes.length} jump boxes; say which with --from: ${ids.join(', ')}`)
  }
  const found = boxes.find((box) => box.id === id)
  if (found) return found
  return refuse(
    `'${printable(id)}' is no jump box of ${site.name}; ${suggestion(id, ids, 'jump boxes there are')}`,
  )
}

function portOf({ name, ports }: Site, given: string): number {
  if (given === 'agent' || given === String(ports.agent)) return ports.agent
  return refuse(
    `hosts of ${name} are reached on one port only; leave out --port, or give agent or ${ports.agent}, not '${printable(given)}'`,
  )
}
