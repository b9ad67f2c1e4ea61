/** Names that a VM has for its host's services: the same for a VM in each run, different for any two. */
import { createHash } from 'node:crypto'
import type { Network, Node } from '../model/index.ts'

/** Name space for URLs (RFC 9562 section 6.6). */
const urlNamespace = '6ba7b8119dad11d180b400c04fd430c8'

/** UUID of version 5 (RFC 9562 section 5.5). */
export function nameUuid(name: string): string {
  const hash = createHash('sha1').update(Buffer.from(urlNamespace, 'hex')).update(name).digest()
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

const urlOf = ({ name, zone }: Network, kind: string, id: string): string =>
  `https://${name}.${zone}/${kind}/${id}`

export const vmIdOf = (network: Network, vm: Node): string => nameUuid(urlOf(network, 'vm', vm.id))

/** Of the container, as wire servers call a VM's place on its host. */
export const containerIdOf = (network: Network, vm: Node): string =>
  nameUuid(urlOf(network, 'container', vm.id))

export const deploymentIdOf = (network: Network, vm: Node): string =>
  nameUuid(urlOf(network, 'deployment', `${vm.site}/${vm.vm?.service}`))

/** `web_IN_0`. */
export const roleInstanceOf = (vm: Node): string => `${vm.vm?.role}_IN_${vm.vm?.instance}`

export const instanceIdOf = (network: Network, vm: Node): string =>
  `${deploymentIdOf(network, vm)}.${roleInstanceOf(vm)}`
