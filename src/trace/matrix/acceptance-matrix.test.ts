import { describe, expect, it } from 'vitest'
import { loadNetwork, type Network } from '../../model/index.ts'
import { acceptanceMatrix } from '../index.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const matrix = acceptanceMatrix(network)

describe('the matrix', () => {
  it('is the same each time', () => expect(acceptanceMatrix(network)).toEqual(matrix))

  const sources = [
    'internet',
    'isp',
    'vm',
    'jump-box',
    'fabric-controller',
    'storage',
    'name-server',
    'activation-server',
    'host',
  ] as const

  it.each(sources)(
    'has %s as source, of VIPs, machines and hosts, over both families and all protocols',
    (source) => {
      const of = matrix.filter((probe) => probe.source === source)
      const destinations = of.map((probe) => probe.destination)
      for (const destination of [
        'vip-open',
        'vip-guarded',
        'vip-closed',
        'host-agent',
        'host-other',
        'fabric-controller',
        'name-server',
        'storage',
        'activation-server',
        'balancer',
        'distribution-router',
        'internet',
      ] as const)
        if (destination !== source) expect(destinations).toContain(destination)
      for (const family of [4, 6])
        for (const protocol of ['tcp', 'udp', 'icmp'])
          expect(of.some(({ opening: o }) => o.source.family === family && o.protocol === protocol)).toBe(
            true,
          )
    },
  )

  it('tells own, other and foreign services apart', () => {
    const vm = new Set(matrix.filter(({ source }) => source === 'vm').map(({ destination }) => destination))
    for (const kind of ['vm-own-service', 'vm-other-tenant'] as const) expect(vm).toContain(kind)
  })

  it('gives each probe a source port of its own, and both ends of one family', () => {
    const ports = matrix.map(({ opening }) => opening.sourcePort)
    expect(new Set(ports).size).toBe(ports.length)
    for (const { opening } of matrix) expect(opening.source.family).toBe(opening.destination.family)
  })
})
