/** The files for other firewalls, word by word: `npx vitest run test/case/emitted.test.ts --update` writes them anew. */
import { describe, expect, it } from 'vitest'
import { emitNft, emitWindowsFirewall } from '../../src/firewall/index.ts'
import { loadNetwork, type Network } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'

const { points } = derivePolicy(loadNetwork('examples/two-sites/network.yaml').network as Network)
const at = (node: string) => points.filter((point) => point.node === node)

describe('what is emitted', () => {
  it.each(['west/storage1', 'west/jump1', 'west/telemetry-collector-0'])('for %s', async (node) => {
    const name = node.replace('/', '-')
    await expect(emitNft(at(node))).toMatchFileSnapshot(`emitted/${name}.nft`)
    await expect(emitWindowsFirewall(at(node))).toMatchFileSnapshot(`emitted/${name}.ps1`)
  })

  it('says every filter of a host but those of its VMs', () => {
    const own = at('west/host1').filter(({ kind }) => kind !== 'hypervisor')
    const text = emitNft(own)
    for (const { id } of own) expect(text).toContain(`# ${id}: what west/host1`)
    for (const rule of ['host/wire-server', 'reply/host/wire-server/ack', 'services/not-from-outside'])
      expect(text).toContain(`comment "${rule}"`)
  })

  it('is refused where the other firewall has no words', () => {
    expect(() => emitNft(at('west/lb1'))).toThrow(/^emit nftables rules of west\/lb1\/.*tier.*; enforce/)
    expect(() => emitWindowsFirewall(at('west/host1'))).toThrow(/several filters stand one after the other/)
    expect(() => emitWindowsFirewall(at('west/ar1'))).toThrow(UnsayablePattern)
    expect(() => emitNft([])).toThrow(TypeError)
    expect(() => emitNft([...at('west/fc1'), ...at('west/fc2')])).toThrow(/several nodes/)
  })
})

const UnsayablePattern = /^emit Windows Firewall rules of west\/ar1/
