/** The ports of VMs, by frames written to the wire: what each lets through, what it counts, and that nothing passes before it stands. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  changeLink,
  closeNamespace,
  type Namespace,
  openNamespace,
  openNetlink,
  openPacketSocket,
  type PacketSocket,
} from '../../src/kernel/index.ts'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import { connectNode, createLinks } from '../../src/lab/kernel/cabling.ts'
import { Enforcement } from '../../src/lab/kernel/enforcement.ts'
import { KernelNode } from '../../src/lab/kernel/node.ts'
import { fixtureOf, moved, packetsByRule } from '../../src/lab/testing/fixture.ts'
import { addressOf, nodeOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import { neighboursOf, routesOf } from '../../src/model/index.ts'
import { formatIp, type Ip, ip } from '../../src/net/index.ts'
import { arp, buildFrame, ethernet, icmp6, ndp, readFrame } from '../../src/wire/index.ts'
import { namespaceOf } from './inside.ts'
import { describeKernel } from './requirements.ts'

const network = smallNetwork()
const fixture = fixtureOf(network)
const vm = 'lab/shop-web-0'
const host = nodeOf(network, vm).vm?.host as string
const filter = `${host}/vm/shop-web-0/out`
const [{ near, far }] = neighboursOf(network, vm) as [ReturnType<typeof neighboursOf>[0]]
const stranger = '02:00:00:00:ff:ff'
const [own4, own6] = [addressOf(network, vm, 4), addressOf(network, vm, 6)]
const [other4, other6] = [addressOf(network, 'lab/shop-web-1', 4), addressOf(network, 'lab/shop-web-1', 6)]
const nobody = ip('::')

const from = (source = near.mac) => ({ source, destination: far.mac })
const says = (said: Partial<arp.Header>, source = near.mac): Uint8Array =>
  ethernet.emit(
    { ...from(source), etherType: ethernet.EtherType.arp },
    arp.emit({
      operation: arp.Operation.reply,
      senderMac: near.mac,
      senderIp: own4,
      targetMac: far.mac,
      targetIp: addressOf(network, host, 4),
      ...said,
    }),
  )

const discovery = (neighbour: ndp.Neighbour, source = near.linkLocal, destination = far.linkLocal) =>
  buildFrame({
    ethernet: from(),
    ip: { source, destination, hopLimit: 255 },
    icmp: ndp.toMessage(neighbour),
  })
const advertises = (target = own6, mac = near.mac, source = near.linkLocal): Uint8Array =>
  discovery({ kind: 'neighbour-advertisement', target, flags: ndp.Flag.override, mac }, source)
const solicits = (target = far.linkLocal, mac = near.mac, source = near.linkLocal): Uint8Array =>
  discovery({ kind: 'neighbour-solicitation', target, mac }, source)
const message = (type: number, destination = far.linkLocal, hopLimit = 255): Uint8Array =>
  buildFrame({
    ethernet: from(),
    ip: { source: destination === far.linkLocal ? near.linkLocal : own6, destination, hopLimit },
    icmp: { kind: 'other', type, code: 0, body: new Uint8Array(12) },
  })
/** A request to all DHCPv6 servers and relays (RFC 8415 section 7). */
const asks6 = (source: Ip): Uint8Array =>
  buildFrame({
    ethernet: from(),
    ip: { source, destination: ip('ff02::1:2') },
    udp: { sourcePort: 546, destinationPort: 547 },
  })
/** A request to all DHCP servers (RFC 2131 section 4.1). */
const asks4 = (source: Ip): Uint8Array =>
  buildFrame({
    ethernet: from(),
    ip: { source, destination: ip('255.255.255.255') },
    udp: { sourcePort: 68, destinationPort: 67 },
  })

const datagram = (source: number, destination: number, family: 4 | 6): Uint8Array =>
  buildFrame({
    ethernet: from(),
    ip: family === 4 ? { source: own4, destination: other4 } : { source: own6, destination: other6 },
    udp: { sourcePort: source, destinationPort: destination },
  })

const lies: readonly (readonly [name: string, rule: string, frame: Uint8Array])[] = [
  ['another hardware address', 'port/hardware-address', says({}, stranger)],
  ['reverse ARP', 'port/arp-form', says({ operation: 4 })],
  ['ARP for the hardware address of another', 'port/arp-hardware', says({ senderMac: stranger })],
  ['ARP for the address of another', 'port/arp-address', says({ senderIp: other4 })],
  ['an advertisement of the address of another', 'port/discovery-target', advertises(other6)],
  ["an advertisement of its host's address", 'port/discovery-target', advertises(far.linkLocal)],
  ['an advertisement that diverts', 'port/discovery-hardware', advertises(own6, stranger)],
  ['an advertisement from another', 'port/discovery-source', advertises(own6, near.mac, other6)],
  ['a solicitation that diverts', 'port/discovery-hardware', solicits(far.linkLocal, stranger)],
  ['a solicitation from another', 'port/discovery-source', solicits(far.linkLocal, near.mac, other6)],
  ['a claim to the address of another', 'port/discovery-target', solicits(other6, near.mac, nobody)],
  ['a router advertisement', 'port/router', message(icmp6.Type.routerAdvertisement)],
  ['a redirect', 'port/router', message(icmp6.Type.redirect)],
  ['a solicitation cut short', 'port/discovery-form', message(icmp6.Type.neighbourSolicitation)],
  [
    'a router advertisement to a neighbour',
    'server/icmp6-router-advertisement',
    message(icmp6.Type.routerAdvertisement, other6, 64),
  ],
  ['an answer of a DHCP server', 'server/dhcp', datagram(67, 68, 4)],
  ['an answer of a DHCPv6 server', 'server/dhcp6', datagram(547, 546, 6)],
  ['a DHCPv6 request in the name of another on the link', 'own/spoofed', asks6(ip('fe80::1'))],
  ['a DHCPv6 request in the name of its host', 'own/spoofed', asks6(far.linkLocal)],
  ['a DHCPv6 request in the name of another VM', 'own/spoofed', asks6(other6)],
  ['a DHCP request in the name of another VM', 'own/spoofed', asks4(other4)],
  ['a DHCP request in the name of another on the link', 'own/spoofed', asks4(ip('169.254.0.1'))],
]

describeKernel('ports of VMs', () => {
  describe('in a running network', () => {
    let fabric: KernelFabric
    let inside: Namespace
    let socket: PacketSocket
    beforeAll(async () => {
      fabric = await bringUpKernel({ network, deployment: fixture.deployment })
      inside = namespaceOf(fabric, vm)
      socket = openPacketSocket(inside, indexIn(inside))
    })
    afterAll(async () => {
      socket.close()
      closeNamespace(inside)
      await fabric.close()
    })

    /** What the filter's rules of port security, and about the source of packets, counted of some frames. */
    const counted = (...frames: Uint8Array[]): Record<string, number> => {
      const before = packetsByRule(fabric, fixture)
      for (const frame of frames) expect(socket.send(frame)).toBe(true)
      const ours = [...moved(before, packetsByRule(fabric, fixture))].filter(([key]) =>
        /^(port|server|own)\/(?!address)/.test(key.replace(`${filter} `, '')),
      )
      return Object.fromEntries(ours.map(([key, count]) => [key.replace(`${filter} `, ''), count]))
    }

    it.each(lies)('%s: %s', (_, rule, frame) => expect(counted(frame, frame)).toEqual({ [rule]: 2 }))

    it.each([
      ['machine/dhcp', asks4, [ip('0.0.0.0'), own4]],
      ['machine/dhcp6', asks6, [near.linkLocal, own6]],
    ] as const)('a machine asks for an address in its own name or in none: %s', (rule, ask, sources) => {
      for (const source of sources) {
        const before = packetsByRule(fabric, fixture)
        expect(socket.send(ask(source))).toBe(true)
        const at = [...moved(before, packetsByRule(fabric, fixture))].filter(([key]) =>
          key.startsWith(filter),
        )
        expect([formatIp(source), at]).toEqual([formatIp(source), [[`${filter} ${rule}`, 1]]])
      }
    })

    it('what a machine honestly says has its answer', async () => {
      const question = says({ operation: arp.Operation.request })
      expect(counted(question, solicits(), solicits(far.linkLocal, near.mac, own6))).toEqual({})
      const heard: string[] = []
      for (let tries = 0; tries < 200 && heard.length < 2; tries++) {
        for (let frame = socket.receive(); frame; frame = socket.receive()) {
          const { link } = readFrame(frame)
          if (link?.arp?.operation === arp.Operation.reply) heard.push(`arp ${link.arp.senderMac}`)
          if (link?.discovery?.type === icmp6.Type.neighbourAdvertisement && link.discovery.target)
            heard.push(formatIp(link.discovery.target))
        }
        await setTimeout(5)
      }
      expect(heard).toContain(`arp ${far.mac}`)
      expect(heard).toContain(formatIp(far.linkLocal))
    })
  })

  describe('before the first packet', () => {
    const folder = mkdtempSync(join(tmpdir(), 'glacis-ports-'))
    const report = join(folder, 'report')
    const children: ChildProcess[] = []
    afterAll(() => {
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    })

    /** Frames that a flood has tried to send. */
    const tried = (): number => {
      try {
        return Number(readFileSync(report).readBigUInt64LE(0))
      } catch {
        return 0
      }
    }
    const blocked = new Int32Array(new SharedArrayBuffer(4))
    /** Waits without letting this process do anything else. */
    const wait = (until: () => boolean): void => {
      for (let tries = 0; !until(); tries++) {
        if (tries > 6000) throw new Error('test: the flood does not flow')
        Atomics.wait(blocked, 0, 0, 5)
      }
    }

    /** Brings the VM's end up and floods it with what its port denies, from now on. */
    function flood(namespace: Namespace): ChildProcess {
      const netlink = openNetlink(namespace)
      netlink.batch([changeLink(indexIn(namespace), { up: true })])
      netlink.close()
      rmSync(report, { force: true })
      const frame = Buffer.from(says({}, stranger)).toString('hex')
      const child = spawn(
        process.execPath,
        [
          ...['--import', 'tsx', 'test/kernel/flooder.ts'],
          `/proc/${process.pid}/fd/${namespace.fd}`,
          String(indexIn(namespace)),
          frame,
          report,
        ],
        { stdio: ['ignore', 'inherit', 'inherit'] },
      )
      children.push(child)
      wait(() => tried() > 2000)
      return child
    }

    const stop = async (child: ChildProcess): Promise<void> => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }

    /** Frames that the host got at the VM's port. */
    const received = (namespace: Namespace): number => {
      const netlink = openNetlink(namespace)
      const link = netlink.links().find(({ mac }) => mac === far.mac)
      netlink.close()
      return Number(link?.stats.received.packets)
    }

    it('the port stands: of a flood that was there before the link, every frame was judged', async () => {
      let child: ChildProcess | undefined
      let before = 0
      const fabric = await bringUpKernel({
        network,
        deployment: fixture.deployment,
        progress: (phase, done, total) => {
          if (phase !== 'links' || done !== total) return
          child = flood(namespaceOfVm())
          before = tried()
        },
      })
      const inside = namespaceOf(fabric, host)
      wait(() => received(inside) > 20_000)
      await stop(child as ChildProcess)
      const counts = packetsByRule(fabric, fixture)
      const judged = [...counts].filter(([key]) => key.startsWith(`${filter} `))
      // It was under way before the programs were, and no frame went by them.
      expect(before).toBeGreaterThan(2000)
      expect(counts.get(`${filter} port/hardware-address`)).toBeGreaterThan(19_000)
      expect(judged.reduce((sum, [, count]) => sum + count, 0)).toBe(received(inside))
      closeNamespace(inside)
      await fabric.close()
    })

    it('the order matters: had the link been up first, frames would have gone by', async () => {
      const nodes = new Map(network.nodes.map((node) => [node.id, new KernelNode(network, node)]))
      for (const node of nodes.values()) createLinks(network, node, nodes)
      const [guard, guest] = [nodes.get(host), nodes.get(vm)] as [KernelNode, KernelNode]
      const child = flood(guest.namespace)
      connectNode(network, guard, routesOf(network).get(host) ?? [])
      wait(() => received(guard.namespace) > 500)
      const deployed = fixture.deployment.nodes.get(host)
      const enforcement = new Enforcement(guard, deployed as NonNullable<typeof deployed>)
      const already = received(guard.namespace)
      wait(() => received(guard.namespace) > already + 2000)
      await stop(child)
      const firstCounter = deployed?.firstCounters.get(filter) as number
      expect(Number(enforcement.counters()[firstCounter]?.packets)).toBeGreaterThan(0)
      expect(Number(enforcement.counters()[firstCounter]?.packets)).toBeLessThan(
        received(guard.namespace) - 400,
      )
      enforcement.close()
      for (const node of nodes.values()) node.close()
    })
  })
})

const indexIn = (namespace: Namespace): number => {
  const netlink = openNetlink(namespace)
  const link = netlink.links().find(({ mac }) => mac === near.mac)
  netlink.close()
  if (!link) throw new Error('test: the VM has no link')
  return link.index
}

/** The VM's namespace among those that this process holds, before the lab has told which they are. */
function namespaceOfVm(): Namespace {
  for (const fd of readdirSync('/proc/self/fd')) {
    const path = `/proc/self/fd/${fd}`
    let target = ''
    try {
      target = readlinkSync(path)
    } catch {}
    if (!target.startsWith('net:')) continue
    const namespace = openNamespace(path)
    const netlink = openNetlink(namespace)
    const holds = netlink.links().some(({ mac }) => mac === near.mac)
    netlink.close()
    if (holds) return namespace
    closeNamespace(namespace)
  }
  throw new Error('test: no namespace has the link of the VM')
}
