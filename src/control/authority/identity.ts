/**
 * The names of machines in certificates: SPIFFE IDs (github.com/spiffe/spiffe, standards/SPIFFE-ID.md), one in each certificate, as a
 * URI among its subject alternative names: `spiffe://cloudapp.example/fabric-controller/west/fc1`.
 */
import { type Network, type Node, type NodeKind, nodeById } from '../../model/index.ts'

export interface PeerIdentity {
  readonly kind: NodeKind
  readonly node: string
}

export const identityUri = ({ zone }: Network, { kind, id }: Node): string => `spiffe://${zone}/${kind}/${id}`

/**
 * The machine that a certificate names.
 * @param altNames as Node's TLS tells them: `URI:spiffe://…, IP Address:10.0.0.1`; `undefined` if they do not hold one name of a
 * machine of this network and no other URI
 */
export function peerIdentity(network: Network, altNames: string | undefined): PeerIdentity | undefined {
  const uris = (altNames ?? '').split(', ').filter((name) => name.startsWith('URI:'))
  const [uri = ''] = uris
  const prefix = `URI:spiffe://${network.zone}/`
  if (uris.length !== 1 || !uri.startsWith(prefix)) return undefined
  const path = uri.slice(prefix.length)
  const node = nodeById(network, path.slice(path.indexOf('/') + 1))
  return node && path === `${node.kind}/${node.id}` ? { kind: node.kind, node: node.id } : undefined
}
