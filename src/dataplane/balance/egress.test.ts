import { describe, expect, it } from 'vitest'
import { type BpfMap, InterpreterEngine } from '../../bpf/index.ts'
import { loadNetwork } from '../../model/index.ts'
import { ip } from '../../net/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { buildFrame, readHeaders } from '../../wire/index.ts'
import { compileDeployment } from '../compile.ts'

/** The inner side of a balancer of the example, whose egress tables keep few connections. */
function balancer(egress: number) {
  const { network } = loadNetwork('examples/two-sites/network.yaml')
  if (!network) throw new TypeError('load the example: it has mistakes')
  const node = compileDeployment(network, derivePolicy(network), { egress }).nodes.get('west/lb1')
  const attachment = node?.attachments.find(({ point }) => point.id === 'west/lb1/internal/in')
  if (!node || !attachment) throw new TypeError('find the balancer: it has no program')
  const engine = new InterpreterEngine()
  const maps: Record<string, BpfMap> = {}
  for (const [name, spec] of Object.entries(node.maps)) maps[name] = engine.createMap(spec)
  for (const [name, entries] of Object.entries(node.contents)) maps[name]?.updateBatch(entries)
  const program = engine.load(attachment.program, maps)
  /** Sends a datagram of a VM to the Internet; the port that the balancer lent, or `undefined` if it was dropped. */
  const lent = (vm: string, sourcePort: number): number | undefined => {
    const packet = buildFrame({
      ip: { source: ip(vm), destination: ip('192.0.2.1') },
      udp: { sourcePort, destinationPort: 7000 },
    })
    const { verdict, packet: out } = program.run(packet)
    const headers = readHeaders(out)
    return verdict === 2 && headers.kind === 'ip' ? headers.sourcePort : undefined
  }
  /** The VM to which a port lent belongs by the table that replies are looked up in. */
  const ownerOf = (port: number): string | undefined => {
    for (const [key, value] of (maps.owners4 as BpfMap).entries())
      if (((key[6] as number) << 8) + (key[7] as number) === port) return [...value.subarray(0, 4)].join('.')
    return undefined
  }
  return { lent, ownerOf, maps }
}

const [victim, attacker] = ['10.16.64.3', '10.16.64.9']

describe('ports of the egress address', () => {
  it('stay with a connection', () => {
    const { lent } = balancer(64)
    expect(lent(victim, 5000)).toBe(lent(victim, 5000))
  })

  it('are never used by two VMs, though each table forgets by itself', () => {
    const { lent, ownerOf, maps } = balancer(64)
    for (let flow = 0; flow < 8; flow++) lent(victim, 5000 + flow)
    for (let round = 0; round < 40; round++) {
      // The replies' table forgets the victim's connections; that of the connections does not.
      const owners = maps.owners4 as BpfMap
      for (const [key] of [...owners.entries()]) owners.delete(key)
      for (let flow = 0; flow < 48; flow++) lent(attacker, 20_000 + 48 * round + flow)
      for (let flow = 0; flow < 8; flow++) {
        const port = lent(victim, 5000 + flow)
        expect(port).toBeDefined()
        expect(ownerOf(port as number)).toBe(victim)
      }
    }
  })

  it('are taken again by the connection that had them if nobody else has', () => {
    const { lent, ownerOf, maps } = balancer(64)
    const before = lent(victim, 5000)
    for (const [key] of [...(maps.owners4 as BpfMap).entries()]) maps.owners4?.delete(key)
    expect(lent(victim, 5000)).toBe(before)
    expect(ownerOf(before as number)).toBe(victim)
  })
})
