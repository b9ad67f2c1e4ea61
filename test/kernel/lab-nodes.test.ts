/** What the kernel lab makes of a network: its nodes' interfaces, routes and services; in which order, and how it gives up. */
import { readdirSync, readlinkSync } from 'node:fs'
import { get as httpGet, type RequestOptions } from 'node:http'
import { get as httpsGet } from 'node:https'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exit, mov64, R0, R5, VerifierError } from '../../src/bpf/index.ts'
import { compileDeployment, type Deployment } from '../../src/dataplane/index.ts'
import {
  closeNamespace,
  connectTcp,
  createPoller,
  inNamespace,
  type Namespace,
  openNetlink,
  readSysctl,
} from '../../src/kernel/index.ts'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import { connectNode, createLinks } from '../../src/lab/kernel/cabling.ts'
import { Enforcement } from '../../src/lab/kernel/enforcement.ts'
import { KernelNode } from '../../src/lab/kernel/node.ts'
import { addressOf, nodeOf, smallNetwork, vipOf } from '../../src/lab/testing/small-network.ts'
import { localAddresses, neighboursOf, routesOf } from '../../src/model/index.ts'
import { formatIp, formatPrefix, type Ip } from '../../src/net/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import type { Opening } from '../../src/trace/index.ts'
import { namespaceOf } from './inside.ts'
import { describeKernel } from './requirements.ts'

const network = smallNetwork()
const deployment = compileDeployment(network, derivePolicy(network))

/** Descriptors of this process by what they are: `net`, `socket`, `anon_inode:bpf-map`. */
function descriptors(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const fd of readdirSync('/proc/self/fd')) {
    let kind: string
    try {
      kind = readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      continue
    }
    if (/^(net:|anon_inode:bpf|socket:)/.test(kind)) {
      const name = kind.replace(/:\[\d+\]$/, '')
      counts[name] = (counts[name] ?? 0) + 1
    }
  }
  return counts
}

/** Kinds of which there are more now; those of an earlier test may end meanwhile. */
const added = (before: Record<string, number>): string[] =>
  Object.entries(descriptors()).flatMap(([kind, count]) => (count > (before[kind] ?? 0) ? [kind] : []))

describeKernel('a network in the kernel', () => {
  describe('while it is up', () => {
    const poller = createPoller()
    let fabric: KernelFabric
    const opened: Namespace[] = []
    const inside = (node: string): Namespace => {
      const namespace = namespaceOf(fabric, node)
      opened.push(namespace)
      return namespace
    }

    beforeAll(async () => {
      fabric = await bringUpKernel({ network, deployment })
    })
    afterAll(async () => {
      for (const namespace of opened) closeNamespace(namespace)
      poller.close()
      await fabric.close()
    })

    it.each(['internet', 'lab/ar1', 'lab/dr1', 'lab/host1', 'lab/shop-web-0'])(
      'gives %s its interfaces, addresses and routes, and no others',
      (id) => {
        const netlink = openNetlink(inside(id))
        const near = neighboursOf(network, id).map((neighbour) => neighbour.near)
        const links = netlink.links().filter(({ name }) => name !== 'lo')
        expect(links.map(({ name, mac, running }) => [name, mac, running])).toEqual(
          near.map((end) => [end.interface, end.mac, true]),
        )
        const addresses = localAddresses(nodeOf(network, id))
        const loopback = ['127.0.0.1', '::1']
        expect(new Set(netlink.addresses().map(({ address }) => formatIp(address)))).toEqual(
          new Set([...[...addresses, ...near.map((end) => end.linkLocal)].map(formatIp), ...loopback]),
        )
        const main = netlink
          .routes()
          .filter(({ table, prefix }) => table === 254 && !isKernelsOwn(formatPrefix(prefix)))
        const wanted = new Set((routesOf(network).get(id) ?? []).map(({ prefix }) => formatPrefix(prefix)))
        const own = new Set(addresses.map((address) => `${formatIp(address)}/128`))
        expect(
          new Set(main.map(({ prefix }) => formatPrefix(prefix)).filter((prefix) => !own.has(prefix))),
        ).toEqual(wanted)
        netlink.close()
      },
    )

    it('forwards where the network does, and nowhere else', () => {
      for (const { id, kind } of network.nodes) {
        const forwards = [
          'internet',
          'isp',
          'access-router',
          'balancer',
          'distribution-router',
          'host',
        ].includes(kind)
        const namespace = inside(id)
        expect([id, readSysctl(namespace, 'net.ipv4.ip_forward')]).toEqual([id, forwards ? '1' : '0'])
        expect([id, readSysctl(namespace, 'net.ipv6.conf.all.forwarding')]).toEqual([
          id,
          forwards ? '1' : '0',
        ])
      }
    })

    it('hears what came while the process was busy for longer than its patience', async () => {
      const opening: Opening = {
        from: 'internet',
        source: addressOf(network, 'internet', 4),
        destination: vipOf(network, 'shop', 4),
        protocol: 'tcp',
        sourcePort: 40_000,
        destinationPort: 80,
      }
      const observed = fabric.probe([opening], 10)
      for (const end = performance.now() + 100; performance.now() < end; );
      expect((await observed).map(({ outcome }) => outcome)).toEqual(['answered'])
    })

    const ask = async (scheme: 'http' | 'https', from: string, host: Ip, port: number) => {
      const fd = await connectTcp(poller, { namespace: inside(from), destination: host, port }, 2000)
      const socket = new Socket({ fd })
      const options: RequestOptions = {
        host: 'shop.lab.small.example',
        path: '/who',
        createConnection: () =>
          scheme === 'http' ? socket : connectTls({ socket, rejectUnauthorized: false }),
      }
      const body = await new Promise<string>((resolve, reject) => {
        const get = scheme === 'http' ? httpGet : httpsGet
        get(options, (response) => text(response).then(resolve, reject)).on('error', reject)
      })
      return JSON.parse(body) as Record<string, unknown>
    }

    it.each([4, 6] as const)('says who answers, and to whom, IPv%i', async (family) => {
      const vip = vipOf(network, 'shop', family)
      const seen = await ask('http', 'internet', vip, 80)
      const address = formatIp(addressOf(network, 'internet', family))
      expect(seen).toMatchObject({
        kind: 'vm',
        site: 'lab',
        tenant: 'contoso',
        service: 'shop',
        role: 'web',
        port: 8080,
        client: { address },
        request: 'GET /who',
      })
      expect(seen.node).toBe(`lab/shop-web-${seen.instance}`)
    })

    it('speaks TLS where the network says so', async () => {
      const seen = await ask('https', 'lab/shop-web-0', addressOf(network, 'internet', 4), 443)
      expect(seen).toMatchObject({ node: 'internet', kind: 'internet' })
      // A VM is seen outside as its balancer.
      const egress = network.nodes.flatMap(({ kind, publicAddresses }) =>
        kind === 'balancer' ? publicAddresses : [],
      )
      expect(egress.map(formatIp)).toContain((seen.client as { address: string }).address)
    })
  })

  it('attaches every program before an interface is up', () => {
    const nodes = new Map(network.nodes.map((node) => [node.id, new KernelNode(network, node)]))
    for (const node of nodes.values()) createLinks(network, node, nodes)
    const host = nodes.get('lab/host1') as KernelNode
    const enforcement = new Enforcement(
      host,
      deployment.nodes.get('lab/host1') as NonNullable<ReturnType<Deployment['nodes']['get']>>,
    )
    expect(host.netlink.links().map(({ up }) => up)).not.toContain(true)
    connectNode(network, host, routesOf(network).get('lab/host1') ?? [])
    expect(host.netlink.links().map(({ up }) => up)).not.toContain(false)
    enforcement.close()
    for (const node of nodes.values()) node.close()
  })

  it('takes down what there is when the kernel refuses a program', async () => {
    const before = descriptors()
    const [[id, node] = []] = [...deployment.nodes]
    const [attachment] = node?.attachments ?? []
    if (!id || !node || !attachment) throw new Error('test: the deployment is empty')
    const program = { ...attachment.program, instructions: [mov64.reg(R0, R5), exit()] }
    const broken = new Map(deployment.nodes).set(id, { ...node, attachments: [{ ...attachment, program }] })
    await expect(bringUpKernel({ network, deployment: { nodes: broken } })).rejects.toThrow(VerifierError)
    expect(added(before)).toEqual([])
  })

  it('stops on request, and takes down what there is', async () => {
    const before = descriptors()
    const stop = new AbortController()
    const bringingUp = bringUpKernel({
      network,
      deployment,
      signal: stop.signal,
      progress: (phase) => void (phase === 'links' && stop.abort(new Error('enough'))),
    })
    await expect(bringingUp).rejects.toThrow('enough')
    expect(added(before)).toEqual([])
  })

  it('leaves no descriptor open when it is down', async () => {
    const before = descriptors()
    const fabric = await bringUpKernel({ network, deployment })
    await fabric.close()
    expect(added(before)).toEqual([])
  })

  it('leaves the thread in the namespace in which it began', async () => {
    const before = readlinkSync('/proc/thread-self/ns/net')
    const fabric = await bringUpKernel({ network, deployment })
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before)
    const internet = namespaceOf(fabric, 'internet')
    expect(inNamespace(internet, () => readlinkSync('/proc/thread-self/ns/net'))).not.toBe(before)
    closeNamespace(internet)
    await fabric.close()
  })
})

/** Link-local and multicast routes, which come with an interface. */
const isKernelsOwn = (prefix: string): boolean => /^(fe80|ff00)::/.test(prefix)
