/** GL205x to GL207x: tiers in audit mode, categories of the infrastructure, rate limits. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const siteProtectionEntries = {
  GL2050: entry(
    'unknown tier',
    '`audit` of a template lists tiers as `KIND/TIER`: the kind of an enforcement point and one of its tiers of rules, or `default` for what no tier decided.',
    '`glacis rules FILE` lists the points with their kind, `glacis rules FILE POINT` the tiers of one.',
  ),
  GL2051: entry(
    'tier or rule in audit mode',
    'It counts and reports what it would deny, and lets it pass. This is only a warning: it is what the file says, but it is meant to pass by.',
  ),
  GL2060: entry(
    'infrastructure service without category',
    'Every infrastructure service that a template has machines for states the category of its firewall: 1, exposed behind the balancers; 2, a limited set of addresses with mutually authenticated connections; 3, enumerated internal addresses only. There is no standard value: who may reach a service is to be decided, not inherited.',
    'Name servers (`dns`) are of category 1. For the others, `category: 2` with `clients:` is the usual choice.',
  ),
  GL2061: entry(
    'category does not fit',
    'Only the name service stands behind the balancers, at the VIPs of the site, so only `dns` can be, and must be, of category 1: no other infrastructure has a VIP.',
  ),
  GL2062: entry(
    'clients do not fit the category',
    'A service of category 2 or 3 says who may connect: `clients:` names kinds of machines of the same site, `dips:` machines or internal addresses one by one. A service of category 1 is open to all and names nobody. Clients of category 2 authenticate themselves by a certificate of the platform, so that they must be machines of the infrastructure: VMs and bare addresses have none.',
  ),
  GL2063: entry(
    'enumerated client is not there',
    'An entry of `dips:` is an address outside the internal prefixes of the network, or the name of a machine that no site has. Names without a slash are of the same site: `fc1` in `west` is `west/fc1`.',
  ),
  GL2070: entry(
    'rate limit without a rate',
    'A limit says how many packets a second pass, how many bytes, or both; then a packet must be within both.',
  ),
  GL2071: entry(
    'rate limit through which nothing passes',
    'A bucket holds what the rate gives in the time of its burst. One that is smaller than a frame of full size (1,514 bytes) would never let such a frame pass, however long it waits.',
  ),
  GL2072: entry(
    'prefix of a limit by VIP',
    'By `per: vip` every VIP of the site has a bucket of its own that never gives way, and all other addresses of the pool share one. Prefixes are for limits by source or destination.',
  ),
  GL2073: entry(
    'two limits of one kind',
    'Two limits of one direction with the same `per` and the same prefixes would be the stricter of both: that is one limit, with `packets` and `bytes`.',
  ),
} as const satisfies Record<string, DiagnosticEntry>
