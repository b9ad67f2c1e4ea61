/**
 * Networks that are otherwise in little, of which nobody asks. What a change takes is compiled when it is first done, and sets that each change of its kind asks for are
 * made then: in a large network that is more than the change itself.
 */
import { type Network, type ResolvedRule, virtualEndpoints } from '../../model/index.ts'
import { PortRange, Protocol } from '../../net/index.ts'

/** One for each kind of change: of a service with its VMs, and of lists at the edge. What holds of the network holds of these. */
export const rehearsals = (network: Network): readonly Network[] => [
  ...withOtherService(network),
  ...withRuleAtEdge(network),
]

/** Where a service was imported from says nothing of packets. */
function withOtherService(network: Network): readonly Network[] {
  const [first, ...others] = network.services
  if (!first) return []
  return [
    { ...network, services: [{ ...first, definition: `${first.definition ?? ''} (rehearsed)` }, ...others] },
  ]
}

/** Sites of one template have the same lists. */
function withRuleAtEdge(network: Network): readonly Network[] {
  const taken = new Set(virtualEndpoints(network).map(({ port }) => port))
  const port = Array.from({ length: 1023 }, (_, index) => index + 1).find((each) => !taken.has(each))
  if (port === undefined) return []
  const sites = network.sites.map((site) => {
    const { platformAcl } = site.filters
    const rule: ResolvedRule = {
      // No rule of a file has such a name.
      name: '(rehearsed)',
      direction: 'in',
      action: 'deny',
      why: '',
      at: site.at,
      protocol: Protocol.tcp,
      ports: [PortRange(port)],
    }
    return {
      ...site,
      filters: { ...site.filters, platformAcl: { ...platformAcl, rules: [rule, ...platformAcl.rules] } },
    }
  })
  return [{ ...network, sites }]
}
