import { expect, test } from 'vitest'
import { loadNetwork } from '../../model/index.ts'
import { type Ip, ip } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { converse, createWorld, type Opening } from '../../trace/index.ts'
import { openTerminal } from '../terminal.ts'
import { traceJson } from './trace-json.ts'
import { traceText } from './trace-text.ts'

const { network } = loadNetwork('examples/two-sites/network.yaml')
if (!network) throw new TypeError('load the example: it has mistakes')
const world = createWorld(network, derivePolicy(network))
const terminal = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

const conversation = (
  from: string,
  destination: string,
  port: number,
  protocol: Opening['protocol'] = 'tcp',
) => {
  const target = ip(destination)
  const source = world.node(from).addresses.find(({ family }) => family === target.family) as Ip
  return converse(world, {
    from,
    source,
    destination: target,
    protocol,
    sourcePort: 40_000,
    destinationPort: port,
  })
}
const text = (to: string, ...question: Parameters<typeof conversation>) =>
  traceText(network, conversation(...question), to, terminal)

test('an answered packet: way, translation, the answer in short, the rule', () => {
  expect(text('shop.west', 'internet', '198.51.100.2', 443)).toMatchInlineSnapshot(`
    "tcp 192.0.2.1:40000 → 198.51.100.2:443  internet to shop.west

    ○ internet
    │  198.51.100.0/26 by west-isp1 to west/isp1, 1 of 2 equal ways
    ○ west/isp1  in internet
    │  198.51.100.0/26 by ar1 to west/ar1, 1 of 2 equal ways
    ○ west/ar1  in isp1
    │  allow west/ar1/external/in  vips-only: vip/pool
    │        Only balancers take traffic from outside. template access-router (examples/two-sites/network.yaml:52:3)
    │  198.51.100.0/26 by lb1 to west/lb1, 1 of 2 equal ways
    ○ west/lb1  in ar1
    │  allow west/lb1/external/in  declared-endpoints: in/shop/web/https/v4
    │        shop/web/https is public. examples/two-sites/network.yaml:86:11
    │        becomes tcp 192.0.2.1:40000 → 10.16.64.1:8443
    │  10.16.64.0/18 by dr1 to west/dr1, 1 of 2 equal ways
    ○ west/dr1  in lb1
    │  allow west/dr1/lb1/in  forward: forward/any
    │        What nothing speaks against is forwarded. template distribution-router (examples/two-sites/network.yaml:52:3)
    │  10.16.64.1/32 by host1 to west/host1
    ○ west/host1  in dr1
    │  10.16.64.1/32 by vm0 to west/shop-web-0
    │  allow west/host1/vm/shop-web-0/in  role: role/https
    │        web is open to all on this port. examples/two-sites/network.yaml:86:11
    ○ west/shop-web-0  in eth0
    ● delivered: 'https' listens on tcp port 8443

    answer  tcp 10.16.64.1:8443 → 192.0.2.1:40000
            west/shop-web-0 → west/host1 → west/dr1 → west/lb1 → west/ar1 → west/isp1 → internet
            allow flow/established at west/host1/vm/shop-web-0/out
            allow forward/any at west/dr1/host1/in
            allow reply/shop/web/https/v4 at west/lb1/internal/in, becomes tcp 198.51.100.2:443 → 192.0.2.1:40000
            allow outbound/any at west/ar1/internal/in

    answered: an answer comes back
      allowed by  role/https (role) at west/host1/vm/shop-web-0/in
      why         web is open to all on this port.
      written at  examples/two-sites/network.yaml:86:11"
  `)
})

test('a packet that no rule allows, over IPv6', () => {
  expect(
    text('west/shop-worker-0', 'west/telemetry-collector-0', 'fd67:6c61:16:64::3', 22),
  ).toMatchInlineSnapshot(`
    "tcp [fd67:6c61:16:64::5]:40000 → [fd67:6c61:16:64::3]:22  west/telemetry-collector-0 to west/shop-worker-0

    ○ west/telemetry-collector-0
    │  ::/0 by eth0 to west/host2
    │  allow west/telemetry-collector-0/guest/out  guest: guest/outbound
    │        The customer does not restrict what the machine sends otherwise. examples/two-sites/network.yaml:109:9
    ○ west/host2  in vm1
    │  allow west/host2/vm/telemetry-collector-0/out  machine-config: machine/cluster
    │        To other VMs of the same cluster. glacis/templates/machine-config.yaml:16:13 (machine-config of examples/two-sites/network.yaml:52:3)
    │  ::/0 by dr1 to west/dr1, 1 of 2 equal ways
    ○ west/dr1  in host2
    │  allow west/dr1/host2/in  forward: forward/any
    │        What nothing speaks against is forwarded. template distribution-router (examples/two-sites/network.yaml:52:3)
    │  fd67:6c61:16:64::3/128 by host3 to west/host3
    ○ west/host3  in dr1
    │  fd67:6c61:16:64::3/128 by vm0 to west/shop-worker-0
    │  deny  west/host3/vm/shop-worker-0/in  default: default/deny
    │        What no rule allows is denied. built-in default
    ✗ denied at west/host3/vm/shop-worker-0/in by default/deny

    silent: nothing comes back
      packet denied by  default/deny (default) at west/host3/vm/shop-worker-0/in
      why               What no rule allows is denied.
      where to change   role worker of shop, examples/two-sites/network.yaml:88:7: an endpoint would open a port"
  `)
})

test('a packet that arrives where nothing listens, and that no point judges', () => {
  expect(text('internet', 'west/isp1', '192.0.2.1', 22)).toMatchInlineSnapshot(`
    "tcp 198.51.100.81:40000 → 192.0.2.1:22  west/isp1 to internet

    ○ west/isp1
    │  0.0.0.0/0 by internet to internet
    ○ internet  in west-isp1
    ● delivered: nothing listens on tcp port 22

    answer  tcp 192.0.2.1:22 → 198.51.100.81:40000 reset
            internet → west/isp1

    refused: the machine is reached and says that nothing listens there
      no enforcement point stands on this way"
  `)
})

test('JSON holds no number that it cannot hold', () => {
  const json = traceJson(network, conversation('internet', '198.51.100.2', 0, 'icmp'), 'shop')
  expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  expect(json.opening.destinationPort).toBeNull()
})

test('where equal ways end differently, all ends are told', () => {
  const one = conversation('internet', '198.51.100.2', 443)
  const other = conversation('internet', '10.16.1.3', 443)
  const both = { ...one, unanimous: false, forth: [...one.forth, ...other.forth] }
  expect(traceText(network, both, undefined, terminal)).toMatch(
    /Equal ways end differently(.*\n)+ {2}denied at west\/ar1\/external\/in by destination\/internal/,
  )
})
