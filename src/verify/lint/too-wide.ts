/** Ports that a rule opens to a machine on which nothing listens. */
import { type Listener, localAddresses } from '../../model/index.ts'
import { hostPrefix, ipEquals, Protocol } from '../../net/index.ts'
import type { Point } from '../../policy/index.ts'
import type { IpHeaders } from '../../wire/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Proof } from '../invariants/index.ts'
import { highest, level, typicalPacket } from '../packets/index.ts'
import type { Region } from './regions.ts'

export interface TooWide {
  /** `tcp 81-442` */
  readonly ports: readonly string[]
  readonly packet: IpHeaders
}

/**
 * `undefined`: it allows nothing to the machine behind the point, each of its ports has a listener, or it stands for an endpoint of the service model, whose
 * range of ports is a choice of the machine's.
 */
export function deafPorts(proof: Proof, { behind = [], flow }: Point, region: Region): TooWide | undefined {
  const { sets, network } = proof
  if (region.place.tier === 'role') return undefined
  if (flow?.heading !== 'to-local' || region.place.rule.action !== 'allow' || behind.length === 0)
    return undefined
  const node = network.nodes.find((each) =>
    localAddresses(each).some((own) => behind.some((one) => ipEquals(one, own))),
  )
  if (!node) return undefined
  const own = sets.addresses('destination', behind.map(hostPrefix))
  const heard = sets.union(node.listeners.map((listener) => sets.match(matchOf(listener))))
  const deaf = (['tcp', 'udp'] as const).map((name) => ({
    name,
    packets: sets.without(sets.allOf([sets.match({ protocol: Protocol[name] }), own, region.hit]), heard),
  }))
  const packets = sets.union(deaf.map((each) => each.packets))
  if (packets === sets.none) return undefined
  const all = network.nodes.flatMap(({ addresses }) => addresses)
  return {
    ports: deaf.flatMap(({ name, packets: some }) => portsOf(proof, some).map((range) => `${name} ${range}`)),
    packet: typicalPacket(sets, packets, { source: all, destination: [...behind] }),
  }
}

const matchOf = ({ protocol, port, addresses }: Listener) => ({
  protocol: Protocol[protocol],
  destinationPorts: [{ first: port, last: port }],
  ...(addresses && { destination: addresses.map(hostPrefix) }),
})

const others = Array.from(highest.keys()).filter((at) => at !== level.destinationPort)

/** Destination ports that a set has. */
function portsOf({ sets }: Proof, packets: DiagramSet): readonly string[] {
  if (packets === sets.none) return []
  const ports = sets.forget(packets, others)
  if (sets.levelOf(ports) === undefined) return ['any port']
  return sets
    .branches(ports)
    .filter(([, child]) => child !== sets.none)
    .map(([[first, last]]) => (first === last ? `${first}` : `${first}-${last}`))
}
