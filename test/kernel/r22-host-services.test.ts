/** R22: the wire server and the metadata server of a host exist, answer its VMs, and nobody else. Real clients, real packets. */
import { once } from 'node:events'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  closeNamespace,
  connectTcp,
  createPoller,
  openNamespace,
  openPacketSocket,
} from '../../src/kernel/index.ts'
import { bringUpKernel, type KernelFabric } from '../../src/lab/index.ts'
import { fixtureOf, moved, packetsByRule } from '../../src/lab/testing/fixture.ts'
import { addressOf, nodeOf, smallNetwork } from '../../src/lab/testing/small-network.ts'
import { hostServices, type Neighbour, neighboursOf, nodesOfKind } from '../../src/model/index.ts'
import { formatIp, type Ip, ip } from '../../src/net/index.ts'
import { openingPacket } from '../../src/trace/index.ts'
import { frameOf } from '../../src/wire/index.ts'
import { curlInside, runInside } from './inside.ts'
import { describeKernel } from './requirements.ts'

const fixture = fixtureOf(smallNetwork())
const { network, deployment } = fixture
const vms = nodesOfKind(network, 'lab', 'vm')
const [vm] = vms
const other = vms.find((candidate) => candidate.vm?.host !== vm?.vm?.host)
if (!vm?.vm || !other) throw new Error('test: the small network has VMs on two hosts')
const host = vm.vm.host

const inUrl = (address: Ip): string => (address.family === 4 ? formatIp(address) : `[${formatIp(address)}]`)
const addressesOf = (name: string) => hostServices.find((s) => s.name === name)?.addresses ?? []
const metadata = addressesOf('metadata-server')
const wire = addressesOf('wire-server')
const version = 'api-version=2021-12-13'
const asks = ['--header', 'Metadata: true'] as const
const agent = ['--header', 'x-ms-version: 2012-11-30'] as const

const between = (body: string, tag: string): string =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1] ?? ''

describeKernel('R22: services of a host for its VMs', () => {
  const poller = createPoller()
  let fabric: KernelFabric
  beforeAll(async () => {
    fabric = await bringUpKernel({ network, deployment })
  })
  afterAll(async () => {
    poller.close()
    await fabric.close()
  })
  const get = (node: string, url: string, ...options: string[]) => curlInside(fabric, node, url, ...options)

  describe('instance metadata', () => {
    it.each(metadata.map((address) => [inUrl(address)]))('at %s tells a VM who it is', async (address) => {
      const { status, body } = await get(vm.id, `http://${address}/metadata/instance?${version}`, ...asks)
      expect(status).toBe(200)
      expect(JSON.parse(body)).toMatchObject({
        compute: {
          name: vm.name,
          location: 'lab',
          resourceGroupName: vm.vm?.service,
          vmId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        },
        network: {
          interface: [
            {
              macAddress: neighboursOf(network, vm.id)[0]?.near.mac.replaceAll(':', '').toUpperCase(),
              ipv4: { ipAddress: [{ privateIpAddress: formatIp(addressOf(network, vm.id, 4)) }] },
              ipv6: { ipAddress: [{ privateIpAddress: formatIp(addressOf(network, vm.id, 6)) }] },
            },
          ],
        },
      })
    })

    it('tells each VM its own, at the same address on every host', async () => {
      const url = `http://169.254.169.254/metadata/instance/compute/name?${version}&format=text`
      const names = vms.map(async ({ id }) => (await get(id, url, ...asks)).body)
      expect(await Promise.all(names)).toEqual(vms.map(({ name }) => name))
    })

    it.each([
      ['without the header', 400, []],
      ['with another value of it', 400, ['--header', 'Metadata: yes']],
      ['passed on by a proxy', 400, [...asks, '--header', 'X-Forwarded-For: 192.0.2.7']],
      ['passed on, by whatever says so', 400, [...asks, '--header', 'X-Forwarded-Host: example.org']],
      ['passed on by a modern proxy', 400, [...asks, '--header', 'Forwarded: for=192.0.2.7']],
      ['with another method', 405, [...asks, '--request', 'POST']],
    ] as const)('refuses a request %s', async (_, status, options) => {
      const url = `http://169.254.169.254/metadata/instance?${version}`
      expect((await get(vm.id, url, ...options)).status).toBe(status)
    })
  })

  describe('wire server', () => {
    const report = (container: string, instance: string, state = 'Ready') =>
      `<Health><GoalStateIncarnation>1</GoalStateIncarnation><Container><ContainerId>${container}</ContainerId>` +
      `<RoleInstanceList><Role><InstanceId>${instance}</InstanceId><Health><State>${state}</State></Health></Role>` +
      '</RoleInstanceList></Container></Health>'

    it.each(wire.map((address) => [inUrl(address)]))(
      'at %s gives a goal state and takes a heartbeat',
      async (at) => {
        expect((await get(vm.id, `http://${at}/?comp=versions`)).body).toContain(
          '<Version>2012-11-30</Version>',
        )
        const goal = await get(vm.id, `http://${at}/machine?comp=goalstate`, ...agent)
        expect(goal.status).toBe(200)
        const [container, instance] = ['ContainerId', 'InstanceId'].map((tag) => between(goal.body, tag))
        const config = between(goal.body, 'SharedConfig').replaceAll('&#38;', '&')
        expect((await get(vm.id, config, ...agent)).body).toContain(
          `address="${formatIp(addressOf(network, vm.id, 4))}:8080" protocol="tcp"`,
        )
        const before = new Date()
        const post = ['--data-binary', report(container as string, instance as string)]
        expect((await get(vm.id, `http://${at}/machine?comp=health`, ...agent, ...post)).status).toBe(200)
        const status = fabric.hostAgents.status(host).find((s) => s.vm === vm.id)
        expect(status?.heartbeat).toMatchObject({ state: 'Ready', incarnation: 1, container })
        expect(status?.heartbeat?.at.getTime()).toBeGreaterThanOrEqual(before.getTime())
        // Of somebody else nobody hears from it.
        expect((await get(other.id, `http://${at}/machine?comp=health`, ...agent, ...post)).status).toBe(403)
      },
    )

    it.each([
      ['without x-ms-version', []],
      ['of an unknown version', ['--header', 'x-ms-version: 1999-01-01']],
      ['passed on by a proxy', [...agent, '--header', 'X-Forwarded-For: 192.0.2.7']],
    ] as const)('refuses a request %s', async (_, options) => {
      expect((await get(vm.id, 'http://168.63.129.16/machine?comp=goalstate', ...options)).status).toBe(400)
    })

    it('gives another goal state when what runs has changed', async () => {
      const incarnation = async () => {
        const { body } = await get(vm.id, 'http://168.63.129.16/machine?comp=goalstate', ...agent)
        return Number(between(body, 'Incarnation'))
      }
      const before = await incarnation()
      await fabric.update({ network, deployment })
      expect(await incarnation()).toBe(before + 1)
    })

    it('has a second port with the settings of the VM', async () => {
      const goal = await get(vm.id, 'http://168.63.129.16/machine?comp=goalstate', ...agent)
      const container = ['--header', `x-ms-containerid: ${between(goal.body, 'ContainerId')}`]
      expect((await get(vm.id, 'http://168.63.129.16:32526/health')).body).toContain('healthy')
      const url = 'http://168.63.129.16:32526/vmSettings'
      const { status, body } = await get(vm.id, url, ...container)
      expect([status, JSON.parse(body)]).toMatchObject([
        200,
        { containerId: between(goal.body, 'ContainerId') },
      ])
      expect((await get(vm.id, url)).status).toBe(400)
      expect((await get(other.id, url, ...container)).status).toBe(403)
    })
  })

  describe('is not reached', () => {
    const probe = async (from: string, destination: Ip, port: number) => {
      const before = packetsByRule(fabric, fixture)
      const [observed] = await fabric.probe([
        {
          from,
          source: addressOf(network, from, destination.family),
          destination,
          protocol: 'tcp',
          sourcePort: ++sourcePort,
          destinationPort: port,
        },
      ])
      return [observed?.outcome, [...moved(before, packetsByRule(fabric, fixture)).keys()]] as const
    }
    let sourcePort = 30_000

    /** TCP to port 80, written whole to a cable of the router. */
    const sendForged = ({ near, far }: Neighbour, source: Ip, destination: Ip): void => {
      const namespace = openNamespace(`/proc/self/fd/${fabric.namespaces.get(near.node)}`)
      // Interfaces are numbered in the order of the node's links, after the loopback.
      const position = neighboursOf(network, near.node).findIndex((n) => n.near === near)
      const socket = openPacketSocket(namespace, position + 2)
      const opening = { from: near.node, source, destination, protocol: 'tcp' as const }
      const packet = openingPacket({ ...opening, sourcePort: ++sourcePort, destinationPort: 80 })
      socket.send(frameOf(packet, { ethernet: { source: near.mac, destination: far.mac } }))
      socket.close()
      closeNamespace(namespace)
    }

    it.each(['internet', 'lab/fc1', 'lab/jump1', 'lab/ns1', 'lab/storage1', 'lab/isp1'])(
      'from %s',
      async (from) => {
        for (const { addresses, ports } of hostServices)
          for (const address of addresses)
            for (const port of ports) expect((await probe(from, address, port))[0]).toBe('silent')
      },
    )

    it('on another port', async () => {
      for (const address of [...wire, ...metadata])
        expect(await probe(vm.id, address, 443)).toEqual([
          'silent',
          [`${host}/vm/${vm.name}/out machine/host-services`],
        ])
    })

    it.each([4, 6] as const)(
      'through a router that sends such packets to the host, IPv%i',
      async (family) => {
        const near = neighboursOf(network, 'lab/dr1').find(({ node }) => node.id === host)
        for (const { addresses } of hostServices) {
          const address = addresses.find((a) => a.family === family) as Ip
          const via = formatIp((near as NonNullable<typeof near>).far.linkLocal)
          const way = ['via', ...(family === 4 ? ['inet6'] : []), via, 'dev', near?.near.interface ?? '']
          // In place of the null route that the router has.
          const words = ['ip', `-${family}`, 'route']
          const prefix = `${formatIp(address)}/${family === 4 ? 32 : 128}`
          await runInside(fabric, 'lab/dr1', [...words, 'del', prefix])
          expect(await runInside(fabric, 'lab/dr1', [...words, 'add', prefix, ...way])).toMatchObject({
            code: 0,
          })
          const guard = `${host}/services/uplink/in services/not-from-outside`
          expect(await probe('lab/dr1', address, 80)).toEqual(['silent', [guard]])
          // Nor in the name of a VM of the host.
          const before = packetsByRule(fabric, fixture)
          sendForged(near as Neighbour, addressOf(network, vm.id, family), address)
          await setTimeout(50)
          expect([...moved(before, packetsByRule(fabric, fixture)).keys()]).toEqual([guard])
        }
      },
    )
  })

  describe('leaves no trace in the flow table of the partition', () => {
    const judged = (counts: ReadonlyMap<string, number>) =>
      [...counts.keys()].filter((key) => /^(partition|services)\//.test(key.replace(`${host}/`, '')))

    it('however often VMs ask: every packet is judged by the rules of the services', async () => {
      const before = packetsByRule(fabric, fixture)
      for (const address of [...metadata, ...wire]) await get(vm.id, `http://${inUrl(address)}/`)
      const rules = judged(moved(before, packetsByRule(fabric, fixture)))
      const asked = ['metadata-server', 'wire-server'].flatMap((name) => [
        `${host}/services/in host/${name}`,
        `${host}/services/out reply/host/${name}/ack`,
      ])
      expect(rules.toSorted()).toEqual(asked.toSorted())
    })
  })

  describe('stays well', () => {
    const connect = async (address: Ip, port: number): Promise<Socket> => {
      const namespace = openNamespace(`/proc/self/fd/${fabric.namespaces.get(vm.id)}`)
      const fd = await connectTcp(poller, { namespace, destination: address, port }, 2000)
      closeNamespace(namespace)
      return new Socket({ fd }).on('error', () => undefined)
    }
    const isWell = async () =>
      expect((await get(vm.id, `http://169.254.169.254/metadata/instance?${version}`, ...asks)).status).toBe(
        200,
      )

    it.each([
      ['noise', '\0\x01\x02 \xff\r\n\r\n'],
      ['a request to a proxy', 'GET http://192.0.2.1/ HTTP/1.1\r\nhost: x\r\n\r\n'],
      ['a tunnel', 'CONNECT 192.0.2.1:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
      ['headers without end', `GET / HTTP/1.1\r\n${`x: ${'y'.repeat(99)}\r\n`.repeat(100)}`],
      ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
      [
        'a body that is too long',
        `POST /machine?comp=health HTTP/1.1\r\nhost: x\r\nx-ms-version: 2012-11-30\r\ncontent-length: 99999\r\n\r\n${'x'.repeat(99_999)}`,
      ],
      [
        'deep XML',
        `POST /machine?comp=health HTTP/1.1\r\nhost: x\r\nx-ms-version: 2012-11-30\r\ncontent-length: 60000\r\n\r\n${'<a>'.repeat(20_000)}`,
      ],
    ])('after %s', async (_, bytes) => {
      for (const address of [ip('168.63.129.16'), ip('169.254.169.254')]) {
        const socket = await connect(address, 80)
        socket.write(Buffer.from(bytes, 'latin1'))
        const answer = await text(socket).catch(() => '')
        expect(answer).not.toMatch(/^HTTP\/1\.1 (200|500)/)
      }
      await isWell()
    })

    it('under one VM with more connections than it may have, which say nothing', async () => {
      const idle = await Promise.all(Array.from({ length: 40 }, () => connect(ip('169.254.169.254'), 80)))
      const ended = idle.map(async (socket) => {
        if (!socket.destroyed) await Promise.race([once(socket, 'close'), setTimeout(300)])
        return socket.destroyed
      })
      for (const socket of idle) socket.resume()
      expect((await Promise.all(ended)).filter((is) => is).length).toBe(8)
      expect(
        (await get(other.id, `http://169.254.169.254/metadata/instance?${version}`, ...asks)).status,
      ).toBe(200)
      for (const socket of idle) socket.destroy()
      await setTimeout(50)
      await isWell()
    })
  })

  it('is what the model says of the node', () => {
    expect(nodeOf(network, host).listeners.map(({ name }) => name)).toEqual([
      'agent',
      'wire-server-80',
      'wire-server-32526',
      'metadata-server',
    ])
  })
})
