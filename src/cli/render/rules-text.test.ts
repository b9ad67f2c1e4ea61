import { expect, test } from 'vitest'
import { loadNetwork } from '../../model/index.ts'
import { derivePolicy, type Point, pointById } from '../../policy/index.ts'
import { openTerminal } from '../terminal.ts'
import { pointJson } from './rule-json.ts'
import { pointsText, pointText } from './rules-text.ts'

const { network } = loadNetwork('examples/two-sites/network.yaml')
if (!network) throw new TypeError('load the example: it has mistakes')
const policy = derivePolicy(network)
const point = (id: string): Point => pointById(policy, id) as Point
const terminal = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

test('a stateful point: tiers, rules, what they ask, why, and where they come from', () => {
  expect(pointText(point('west/host1/vm/shop-web-0/in'), terminal)).toMatchInlineSnapshot(`
    "west/host1/vm/shop-web-0/in  hypervisor, stateful, what the node sends on vm0
      shape
        allow  shape/arp                  Machines find the hardware address of their next hop.
        allow  shape/neighbour-discovery  As ARP, for IPv6.
        deny   shape/not-ip               Only IPv4, IPv6 and ARP are spoken here, without VLAN tags.
        deny   shape/fragment             A fragment does not show its ports, so no rule could judge it.
        deny   shape/ip-options           IPv4 options steer routing and hide ports (RFC 7126).
        deny   shape/extension-header     IPv6 extension headers hide ports (RFC 9288).
        deny   shape/malformed            Lengths or versions contradict each other.
      flow
        allow  flow/established           Packets of a flow whose first packet was allowed.
        allow  flow/related               ICMP errors about a flow whose first packet was allowed.
        deny   flow/none                  A reply, or an ICMP error, that belongs to no known flow.
        deny   flow/revoked               The rules have changed, and do not allow this flow any more.
        deny   flow/full                  A new flow was allowed, but the filter remembers as many as it may.
      role
        allow  role/https                 tcp to any port 8443
                                          web is open to all on this port. examples/two-sites/network.yaml:86:11
        allow  role/http                  tcp to any port 8080
                                          web is open to all on this port. examples/two-sites/network.yaml:87:11
      default
        deny   default/deny               What no rule allows is denied."
  `)
})

test('a balancer: what is rewritten', () => {
  const text = pointText(point('west/lb1/external/in'), terminal)
  expect(text).toContain('tcp to 198.51.100.2 port 443 → to west/shop-web-0:8443,west/shop-web-1:8443')
  expect(text).toMatch(/egress-in\/v4 +to 198\.51\.100\.62 port 12288-65535 → to the VM that opened it/)
})

test('an overview: a line for each point', () => {
  const text = pointsText([point('west/ar1/external/in'), point('west/host1/partition/in')], terminal)
  expect(text).toMatchInlineSnapshot(`
    "POINT                    KIND           NODE        STATE      RULES  INTERFACES
    west/ar1/external/in     access-router  west/ar1    stateless     23  isp1, isp2
    west/host1/partition/in  host           west/host1  stateful      18  6 interfaces"
  `)
})

test('JSON of every point of the example is plain data', () => {
  const json = policy.points.map((one) => pointJson(one))
  expect(JSON.parse(JSON.stringify(json))).toEqual(json)
})

test('what a file says of a rule stays on its line and steers no terminal', () => {
  const web = point('west/host1/vm/shop-web-0/in')
  const why = 'one\r\n  two\u2028three\u2029four\u0085five \u001b[2J\u202esix\u0007'
  const tiers = web.tiers.map((tier) =>
    tier.kind === 'rules' ? { ...tier, rules: tier.rules.map((rule) => ({ ...rule, why })) } : tier,
  )
  const text = pointText({ ...web, tiers }, terminal)
  expect(text).toContain(' one two three four five ·[2J·six· ')
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(text.split('\n')).toHaveLength(pointText(web, terminal).split('\n').length)
})
