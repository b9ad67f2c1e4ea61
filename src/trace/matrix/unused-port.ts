/** Ports that no listener, no endpoint and no service of the network has. */
import type { Endpoint, Network } from '../../model/index.ts'

const usedPorts = (network: Network): ReadonlySet<number> =>
  new Set([
    ...network.nodes.flatMap(({ listeners }) => listeners.map(({ port }) => port)),
    ...network.services.flatMap(({ roles }) => roles.flatMap(({ endpoints }) => endpoints.flatMap(portsOf))),
    ...network.sites.flatMap(({ ports }) => Object.values(ports) as number[]),
  ])

/** All ports that an endpoint has at the VIP or at VMs. */
const portsOf = ({ publicPort, lastPublicPort, port, lastPort }: Endpoint): readonly number[] =>
  [
    { first: publicPort, last: lastPublicPort ?? publicPort },
    { first: port, last: lastPort ?? port },
  ].flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))

/** A port on which nobody listens and that no VIP declares. */
export function closedPort(network: Network): number {
  const used = usedPorts(network)
  let port = 4444
  while (used.has(port)) port++
  return port
}

/** Source ports, none of which is a port of the network. */
export function* freePorts(network: Network): Generator<number, never> {
  const used = usedPorts(network)
  for (;;) for (let port = 10_000; port < 65_536; port++) if (!used.has(port)) yield port
}
