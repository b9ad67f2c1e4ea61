/** R17–R20, R22: in software, on every host: what can be listed, what VMs may send and hear, who speaks with a host partition. */
import { expect, it } from 'vitest'
import { nodeById } from '../../../src/model/index.ts'
import { formatIp, ip } from '../../../src/net/index.ts'
import { formatOrigin, rulesOf } from '../../../src/policy/index.ts'
import { frameOf } from '../../../src/wire/index.ts'
import { describeRow } from './lab.ts'

describeRow(
  'R17: everything that is enforced can be listed, each rule with where it came from',
  ({ fixture, fabric }) => {
    it('has a counter in the kernel for each rule of each point, and nothing else', () => {
      const { deployment, policy } = fixture
      const listed = policy.points.flatMap((point) =>
        rulesOf(point).map(({ rule }) => `${point.id} ${rule.id}`),
      )
      expect(new Set(listed).size).toBe(listed.length)
      let slots = 0
      for (const { node } of deployment.nodes.values()) slots += fabric().counters(node).length
      const compiled = [...deployment.nodes.values()].flatMap(({ attachments }) =>
        attachments.map(({ point }) => point.id),
      )
      expect(new Set(compiled)).toEqual(new Set(policy.points.map(({ id }) => id)))
      expect(slots).toBe(listed.length)
    })
    it('names file and line, template, or the semantics, for every rule', () => {
      for (const point of fixture.policy.points)
        for (const { rule } of rulesOf(point)) {
          expect(rule.why.length).toBeGreaterThan(0)
          expect(formatOrigin(rule.origin)).toMatch(/:\d+:\d+|^built-in /)
        }
    })
  },
)

describeRow('R18: a VM hears and says nothing that no rule allows', ({ show }) => {
  it('what its filter does not allow inward is dropped there', () =>
    show(
      ...['lab/shop-web-0', 'lab/telemetry-collector-0'].flatMap((from) =>
        [1, 22, 9999].map((port) => ({
          from,
          to: 'lab/shop-worker-0',
          port,
          outcome: 'silent' as const,
          stop: ['hypervisor', 'default', 'default/deny'] as const,
        })),
      ),
    ))
  it('machines of the infrastructure reach no VM either', () =>
    show(
      ...['lab/fc1', 'lab/storage1', 'lab/ns1'].map((from) => ({
        from,
        to: 'lab/shop-worker-0',
        port: 22,
        outcome: 'silent' as const,
      })),
    ))
  it('and outward, too', () =>
    show({
      from: 'lab/shop-web-0',
      to: 'lab/fc1',
      port: 7500,
      outcome: 'silent',
      stop: ['hypervisor', 'machine-config'],
    }))
})

describeRow(
  'R19: what machine-config allows a VM, and what it does not',
  ({ show, fixture, wire, movedByFrame }) => {
    it('names, the Internet, other VMs of the cluster, and the activation server', () =>
      show(
        { from: 'lab/shop-web-0', to: 'lab/ns1', protocol: 'udp', port: 53, outcome: 'answered' },
        { from: 'lab/shop-web-0', to: 'lab/ns1', port: 53, outcome: 'answered' },
        { from: 'lab/shop-web-0', to: 'internet', port: 443, outcome: 'answered' },
        {
          from: 'lab/shop-web-0',
          to: 'lab/telemetry-collector-0',
          protocol: 'udp',
          port: 5140,
          outcome: 'answered',
        },
        { from: 'lab/shop-web-0', to: 'lab/activation1', port: 1688, outcome: 'answered' },
      ))
    it('DHCP, when it has no address yet', async () => {
      const vm = nodeById(fixture.network, 'lab/shop-web-0')
      const socket = wire('lab/shop-web-0', vm?.vm?.host as string)
      const ask = (source: string, destination: string, sourcePort: number, destinationPort: number) =>
        frameOf(
          {
            kind: 'ip',
            family: ip(source).family,
            source: ip(source),
            destination: ip(destination),
            protocol: 17,
            hopLimit: 64,
            sourcePort,
            destinationPort,
            tcpFlags: 0,
            icmpType: 0,
            icmpCode: 0,
          },
          { ethernet: { source: socket.near.mac, destination: socket.far.mac } },
        )
      const filter = `${vm?.vm?.host}/vm/shop-web-0/out`
      const judged = async (frame: Uint8Array) => {
        const counts = await movedByFrame(socket, frame)
        return [...counts.keys()].filter((rule) => rule.startsWith(filter) && !rule.includes(' shape/'))
      }
      expect(await judged(ask('0.0.0.0', '255.255.255.255', 68, 67))).toEqual([`${filter} machine/dhcp`])
      expect(await judged(ask(formatIp(socket.near.linkLocal), 'ff02::1:2', 546, 547))).toHaveLength(1)
    })
    it('no router subnet, and nothing else of the inside', () =>
      show(
        ...(['tcp', 'udp', 'icmp'] as const).flatMap((protocol) =>
          [
            'lab/ar1',
            'lab/lb1',
            'lab/dr1',
            'lab/fc1',
            'lab/storage1',
            'lab/jump1',
            'lab/host1',
            'lab/host2',
          ].map((to) => ({
            from: 'lab/shop-web-0',
            to,
            protocol,
            port: protocol === 'icmp' ? 0 : 7443,
            outcome: 'silent' as const,
            stop: ['hypervisor', 'machine-config'] as const,
          })),
        ),
      ))
  },
)

describeRow('R20: inbound rules of the role, from the service model', ({ show }) => {
  it("a web role's port is open to all", () =>
    show(
      { from: 'internet', to: 'vip:shop', port: 80, outcome: 'answered' },
      { from: 'lab/shop-worker-0', to: 'lab/shop-web-0', port: 8080, outcome: 'answered' },
      { from: 'lab/telemetry-collector-0', to: 'lab/shop-web-0', port: 8080, outcome: 'answered' },
    ))
  it("a worker role's port only to VMs of its own service", () =>
    show(
      { from: 'lab/shop-web-0', to: 'lab/shop-worker-0', port: 9000, outcome: 'answered' },
      { from: 'lab/shop-web-2', to: 'lab/shop-worker-0', protocol: 'udp', port: 9001, outcome: 'answered' },
      {
        from: 'lab/telemetry-collector-0',
        to: 'lab/shop-worker-0',
        port: 9000,
        outcome: 'silent',
        stop: ['hypervisor', 'default'],
      },
    ))
})
