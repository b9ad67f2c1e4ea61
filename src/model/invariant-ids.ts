/** Ids of the built-in invariants, in the order in which they are proven. `verify/invariants` has their meaning. */
export type InvariantId = (typeof invariantIds)[number]

export const invariantIds = Object.freeze([
  'dip-unreachable',
  'vip-by-balancer',
  'endpoint-backends',
  'outside-source',
  'inside-destination-stays',
  'inside-source-hidden',
  'tenant-isolation',
  'routers-unreachable',
  'infrastructure-clients',
  'host-partitions',
  'no-loops',
  'no-black-holes',
  'vm-own-source',
  'vm-destinations',
  'vm-hears',
  'host-hears',
  'sites-alike',
] as const)
