/** Ports of a role: at the VIP of its service, at the VIP for each instance, and between VMs; and which sources may use them. */
import * as v from 'valibot'
import { name, port, prefixes } from './values.ts'

const spoken = ['https', 'http', 'tcp', 'udp'] as const

const protocol = v.pipe(v.picklist(spoken), v.description('What is spoken. `http` and `https` are over TCP.'))

const localPort = v.optional(v.pipe(port, v.description('Port on the VM, where it differs from `port`.')))

const AccessRule = v.strictObject({
  allow: v.optional(prefixes('Sources that are let in.', '203.0.113.0/24')),
  deny: v.optional(prefixes('Sources that are kept out.', '203.0.113.7/32')),
})

const acl = v.optional(
  v.pipe(
    v.array(AccessRule),
    v.minLength(1),
    v.maxLength(256),
    v.description(
      'Which sources may use the endpoint at its VIP. The first that matches decides; what none matches is denied if there is any `allow`, else let in.',
    ),
  ),
)

export const PublicEndpoint = v.strictObject({
  protocol,
  port: v.pipe(port, v.description('Port of the VIP.')),
  'local-port': localPort,
  acl,
})

export const InstanceEndpoint = v.strictObject({
  protocol,
  port: v.pipe(
    port,
    v.description('Port of the VIP that leads to instance 0; the next one leads to the next.'),
  ),
  'last-port': v.pipe(port, v.description('Last port of the VIP that is kept for instances.')),
  'local-port': v.pipe(port, v.description('Port on the VMs.')),
  acl,
})

export const InternalEndpoint = v.strictObject({
  protocol: v.pipe(
    v.picklist([...spoken, 'tcp-udp', 'any']),
    v.description('What is spoken: `tcp-udp` is both on the same ports, `any` every protocol on every port.'),
  ),
  port: v.optional(v.pipe(port, v.description('Port of the VM. Left out with `any` alone.'))),
  'last-port': v.optional(v.pipe(port, v.description('Last port of a range that begins at `port`.'))),
  'local-port': localPort,
  from: v.optional(
    v.pipe(
      v.array(name),
      v.maxLength(256),
      v.description('Roles of the service whose VMs may use it; all of them if left out, none if empty.'),
    ),
  ),
})

export type PublicEndpointFile = v.InferOutput<typeof PublicEndpoint>
export type InstanceEndpointFile = v.InferOutput<typeof InstanceEndpoint>
export type InternalEndpointFile = v.InferOutput<typeof InternalEndpoint>
export type AccessRuleFile = v.InferOutput<typeof AccessRule>
