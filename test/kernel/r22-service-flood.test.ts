/**
 * R22, R26: what VMs say to the services of their host takes no room of the host's own flows. VMs hold more connections with the
 * services than the host partition may have flows, and send opening after opening; a jump box reaches the agent all the same, and stays connected.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AccessController, AuditLog } from '../../src/control/index.ts'
import { flowKey } from '../../src/dataplane/flow-map.ts'
import { moved, packetsByRule } from '../../src/lab/testing/fixture.ts'
import { addressOf } from '../../src/lab/testing/small-network.ts'
import { hostServices, type Node, vmsOfHost } from '../../src/model/index.ts'
import { type Family, ipBytes } from '../../src/net/index.ts'
import { openingPacket } from '../../src/trace/index.ts'
import { frameOf } from '../../src/wire/index.ts'
import { describeRow } from './rows/lab.ts'

const quota = 64
/** Connections of one address that the agent's servers keep (`standardLimits` in `src/agent`). */
const keptOpen = 30
const families: readonly Family[] = [4, 6]
const host = 'lab/host1'

describeRow(
  'R22: VMs that flood the services of their host',
  ({ fixture, fabric, wire }) => {
    const { network } = fixture
    const vms = vmsOfHost(network, host)
    const sockets: Socket[] = []
    const folder = mkdtempSync(join(tmpdir(), 'glacis-services-'))
    let log: AuditLog
    let access: AccessController

    beforeAll(() => {
      log = new AuditLog(join(folder, 'log'))
      access = new AccessController({
        network: () => network,
        maps: (node, name) => fabric().map(node, name),
        log,
        now: () => fabric().clock.monotonic(),
      })
      access.grant({ who: 'alice', by: 'root', to: host, seconds: 600, reason: 'a flood' })
    })
    afterAll(() => {
      for (const socket of sockets) socket.destroy()
      access.close()
      log.close()
      rmSync(folder, { recursive: true, force: true })
    })

    const connect = async (from: string, family: Family, to: Node['addresses'], port: number) => {
      const destination = to.find((address) => address.family === family)
      if (!destination) throw new TypeError('test: no such address')
      const socket = await fabric().connect(from, destination, port)
      socket.on('error', () => undefined)
      sockets.push(socket)
      return socket
    }
    const toAgent = (family: Family) => connect('lab/jump1', family, [addressOf(network, host, family)], 7443)

    /** Connections that say a little, so that both sides have shown that they hear each other, and then nothing. */
    const hold = async (family: Family): Promise<number> => {
      const held = await Promise.all(
        vms.flatMap(({ id }) =>
          Array.from({ length: keptOpen }, async (_, n) => {
            const { addresses, ports } = hostServices[n % 2] as (typeof hostServices)[0]
            const socket = await connect(id, family, addresses, ports[0] as number)
            await new Promise((resolve) => socket.write('GET / HTTP/1.1\r\n', resolve))
          }),
        ),
      )
      return held.length
    }
    const flood = (family: Family): number => {
      let sent = 0
      for (const vm of vms) {
        const socket = wire(vm.id, host)
        for (const { addresses, ports } of hostServices)
          for (const destination of addresses.filter((address) => address.family === family))
            for (let sourcePort = 20_000; sourcePort < 20_000 + 4 * quota; sourcePort++) {
              const source = addressOf(network, vm.id, family)
              const opening = { from: vm.id, source, destination, protocol: 'tcp' as const, sourcePort }
              const packet = openingPacket({ ...opening, destinationPort: ports[0] as number })
              const ethernet = { source: socket.near.mac, destination: socket.far.mac }
              socket.send(frameOf(packet, { ethernet }))
              sent++
            }
      }
      return sent
    }

    it.each(families)(
      'neither keep a jump box from the agent nor end its connection, IPv%i',
      async (family) => {
        const before = packetsByRule(fabric(), fixture)
        const early = await toAgent(family)
        expect(await hold(family)).toBeGreaterThan(quota)
        expect(flood(family)).toBeGreaterThan(10 * quota)
        const late = await toAgent(family)
        const between = packetsByRule(fabric(), fixture)
        const asked = moved(before, between)
        const service = (rule: string) => asked.get(`${host}/services/in host/${rule}`) ?? 0
        expect(service('wire-server')).toBeGreaterThan(5 * quota)
        expect(service('metadata-server')).toBeGreaterThan(5 * quota)
        expect(asked.get(`${host}/services/out reply/host/wire-server/ack`)).toBeGreaterThan(quota)
        for (const rule of ['flow/full', 'flow/none', 'default/deny', 'grant/none'])
          expect([rule, asked.get(`${host}/partition/in ${rule}`)]).toEqual([rule, undefined])
        expect(asked.get(`${host}/partition/in grant/in-force`)).toBe(2)

        for (const socket of [early, late]) {
          expect([socket.destroyed, socket.readyState]).toEqual([false, 'open'])
          socket.write('\x16')
        }
        const established = `${host}/partition/in flow/established`
        await expect
          .poll(() => moved(between, packetsByRule(fabric(), fixture)).get(established) ?? 0)
          .toBeGreaterThanOrEqual(2)
      },
    )

    it.each(families)('leave nothing in the flow table of the partition, IPv%i', (family) => {
      const partition = fixture.deployment.nodes.get(host)?.filters.get(`${host}/partition`)
      expect(partition).toBeTypeOf('number')
      const key = flowKey[family]
      const mine = [...(fabric().map(host, `flows${family}`)?.entries() ?? [])].filter(
        ([bytes]) =>
          (new DataView(bytes.buffer, bytes.byteOffset).getUint32(key.owner, true) & 0xffffff) === partition,
      )
      const remotes = new Set(
        mine.map(([bytes]) => Buffer.from(bytes).subarray(key.remote, key.ports).toString('hex')),
      )
      const jump = Buffer.from(ipBytes(addressOf(network, 'lab/jump1', family))).toString('hex')
      expect(remotes).toContain(jump)
      for (const vm of vms)
        expect(remotes).not.toContain(Buffer.from(ipBytes(addressOf(network, vm.id, family))).toString('hex'))
    })
  },
  (text) => text.replace('    hosts: 2\n', `    hosts: 2\n    flows-per-vm: ${quota}\n`),
)
