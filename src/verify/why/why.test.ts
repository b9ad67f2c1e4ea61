/** Questions whose answers were once turned by nothing, or by what could not be shown. */
import { describe, expect, it } from 'vitest'
import { type Ask, type Asked, type Network, parseNetwork } from '../../model/index.ts'
import { smallTwoSites } from '../../model/testing/small-network.ts'
import { derivePolicy } from '../../policy/index.ts'
import { whyOf } from './why.ts'

function whyIn(text: string, asked: Asked) {
  const loaded = parseNetwork(text)
  const network = loaded.network as Network
  return whyOf(network, derivePolicy(network), (loaded.ask as Ask)(asked).classes ?? [])
}

describe('why', () => {
  it('closes the name service, by its VIPs too, with a rule of machine-config', () => {
    const { reaches, changes } = whyIn(smallTwoSites, { from: 'vms', to: 'name-servers', what: 'udp 53' })
    expect(reaches).toBe(true)
    expect(changes.map(({ edits, confirmed }) => [edits.map(({ key }) => key), confirmed])).toEqual([
      [['machine-config out datacenter'], true],
    ])
  })

  it('shows what opens a way to some of the Internet that no machine stands for', () => {
    const { changes } = whyIn(smallTwoSites, { from: '192.0.2.64/26', to: 'shop/worker', what: 'tcp 9000' })
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({ confirmed: true, example: { sender: 'internet', answered: true } })
  })
})
