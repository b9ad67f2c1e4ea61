/** Where a person would change that a packet is denied: the line that made the rule, or the line that lacks an endpoint. */

import { formatSource } from '../../file/index.ts'
import type { Network, Node, Site } from '../../model/index.ts'
import { ipEquals } from '../../net/index.ts'
import { formatOrigin, type Point, type Rule } from '../../policy/index.ts'

/** For people, to follow `where to change`. */
export function whereToChange(network: Network, point: Point, rule: Rule): string {
  const { origin } = rule
  if (origin.kind === 'file') return formatOrigin(origin)
  if (rule.id === 'grant/none')
    return `nowhere: access is granted for a time, glacis access grant --who NAME --to ${point.node} --for 30m --reason …`
  if (origin.kind === 'template' && origin.line) {
    const own = origin.line.file.startsWith('glacis/')
    const remedy = own ? `; a template names its own file with '${origin.name}: PATH'` : ''
    return `${formatSource(origin.line)}${remedy}`
  }
  if (origin.kind === 'template') {
    const where = origin.at ? `; the site is at ${formatSource(origin.at)}` : ''
    return `nowhere: the template ${origin.name} is part of Glacis, the same for every machine of its kind${where}`
  }
  if (rule.id.startsWith('shape/')) return 'nowhere: such frames pass no point'
  if (rule.id.startsWith('port/')) return 'nowhere: a machine speaks for itself alone'
  if (rule.id.startsWith('flow/'))
    return 'nowhere: only an answer to a packet that was let through passes here'
  return missingRule(network, point)
}

/** What would have to be written for a packet not to meet the default. */
function missingRule(network: Network, point: Point): string {
  const site = network.sites.find(({ name }) => point.node.startsWith(`${name}/`))
  const siteAt = site ? ` (${formatSource(site.at)})` : ''
  switch (point.kind) {
    case 'access-router':
      return `only the VIP pool of the site is let in${siteAt}`
    case 'balancer':
      return 'a public endpoint of a role opens a port of its VIP; none does here'
    case 'distribution-router':
      return `nowhere: a distribution router forwards what its tiers let pass${siteAt}`
    case 'hypervisor':
      return point.flow?.heading === 'to-local'
        ? missingEndpoint(network, point)
        : `machine-config of the site's template has no rule that allows it${siteAt}`
    case 'host':
      return `host-config of the site's template has no rule that allows it${siteAt}`
    case 'guest':
      return missingEndpoint(network, point, 'a rule of its guest firewall would let it pass')
    case 'native-host':
      return `the categories of the infrastructure say who is a client of what${categoriesAt(site)}`
  }
}

function categoriesAt(site: Site | undefined): string {
  const [first] = Object.values(site?.infrastructure ?? {})
  return first ? ` (from ${formatSource(first.at)})` : ''
}

function missingEndpoint(network: Network, point: Point, remedy = 'an endpoint would open a port'): string {
  const vm = machineBehind(network, point)?.vm
  const role = network.services
    .find(({ name }) => name === vm?.service)
    ?.roles.find(({ name }) => name === vm?.role)
  return role
    ? `role ${role.name} of ${vm?.service}, ${formatSource(role.at)}: ${remedy}`
    : `the role of the machine: ${remedy}`
}

const machineBehind = (network: Network, { behind = [] }: Point): Node | undefined =>
  network.nodes.find(
    ({ vm, addresses }) => vm && addresses.some((own) => behind.some((other) => ipEquals(own, other))),
  )
