/**
 * What a host offers to its own VMs and to nobody else: the wire server (goal state, heartbeat) and the metadata server. The IPv4
 * addresses are Azure's (Microsoft Learn, *What is IP address 168.63.129.16?* and *Azure Instance Metadata Service*). Azure
 * documents none for IPv6; here they are unique local addresses (RFC 4193) that spell the IPv4 ones in hexadecimal.
 */
import { type Ip, ip } from '../net/index.ts'
import type { Listener } from './network.ts'

export interface HostService {
  readonly name: 'wire-server' | 'metadata-server'
  /** One of each family. */
  readonly addresses: readonly Ip[]
  /** TCP. */
  readonly ports: readonly number[]
}

/** Which port speaks what. */
const applications: Readonly<Record<string, Listener['application']>> = {
  'wire-server 80': 'wire-server',
  'wire-server 32526': 'vm-settings',
  'metadata-server 80': 'instance-metadata',
}

const service = (
  name: HostService['name'],
  addresses: readonly string[],
  ports: readonly number[],
): HostService =>
  Object.freeze({ name, addresses: Object.freeze(addresses.map(ip)), ports: Object.freeze(ports) })

/** The same on every host. */
export const hostServices: readonly HostService[] = Object.freeze([
  service('wire-server', ['168.63.129.16', 'fd00:a83f:8110::1'], [80, 32526]),
  service('metadata-server', ['169.254.169.254', 'fd00:a9fe:a9fe::1'], [80]),
])

/** Addresses of all of them, of the families that a host has. */
export const hostServiceAddresses = (own: readonly Ip[]): readonly Ip[] =>
  hostServices.flatMap(({ addresses }) =>
    addresses.filter(({ family }) => own.some((o) => o.family === family)),
  )

/** What listens on a host for its VMs. @param own the host's own addresses */
export const hostServiceListeners = (own: readonly Ip[]): readonly Listener[] =>
  hostServices.flatMap(({ name, ports, addresses }) =>
    ports.map((port) =>
      Object.freeze({
        name: ports.length > 1 ? `${name}-${port}` : name,
        protocol: 'tcp' as const,
        port,
        application: applications[`${name} ${port}`] ?? 'http',
        addresses: Object.freeze(addresses.filter(({ family }) => own.some((o) => o.family === family))),
      }),
    ),
  )
