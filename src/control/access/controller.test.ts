import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BpfMap, InterpreterEngine } from '../../bpf/index.ts'
import {
  encodeGrant,
  encodeGrantKey,
  flowKey,
  flowMaps,
  grantMap,
  grantValue,
} from '../../dataplane/index.ts'
import { loadNetwork, type Network } from '../../model/index.ts'
import { formatIp, ip, ipBytes, Protocol } from '../../net/index.ts'
import { AuditLog, headFile, verifyLog } from '../audit-log/index.ts'
import { AccessController } from './controller.ts'
import type { AccessRequest } from './request.ts'

const network = loadNetwork('examples/two-sites/network.yaml').network as Network
const folder = mkdtempSync(join(tmpdir(), 'glacis-access-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const second = 1_000_000_000n
const wish: AccessRequest = {
  who: 'alice',
  by: 'root',
  to: 'west/host1',
  seconds: 60,
  reason: 'disk errors',
}

describe('support access', () => {
  let now = 0n
  let path = ''
  let count = 0
  let maps: Map<string, BpfMap>
  let log: AuditLog
  let controller: AccessController
  let damage: string[] = []

  const mapOf = (node: string, name: string): BpfMap | undefined => maps.get(`${node} ${name}`)
  const start = (): void => {
    log = new AuditLog(path, { lock: () => true, onDamage: (what) => damage.push(what) })
    controller = new AccessController({ network: () => network, maps: mapOf, log, now: () => now })
  }
  /** The process ends without a word. */
  const die = (): void => log.close()
  const kinds = (): string[] => verifyLog(path).records.map(({ kind }) => kind)
  const last = () => verifyLog(path).records.at(-1)
  const host = network.nodes.find(({ id }) => id === 'west/host1')
  const jump = network.nodes.find(({ id }) => id === 'west/jump1')
  const pathOf = (family: 4 | 6) => ({
    source: jump!.addresses.find((a) => a.family === family)!,
    destination: host!.addresses.find((a) => a.family === family)!,
    protocol: Protocol.tcp,
    port: 7443,
  })
  /** What the data plane does when a packet opens a connection. */
  const useIt = (family: 4 | 6, times = 1): void => {
    const map = mapOf('west/host1', `grants${family}`)!
    const value = map.lookup(encodeGrantKey(pathOf(family)))!
    const view = new DataView(value.buffer)
    view.setBigUint64(grantValue.uses, view.getBigUint64(grantValue.uses, true) + BigInt(times), true)
    view.setBigUint64(grantValue.lastUse, now, true)
    map.update(encodeGrantKey(pathOf(family)), value)
  }
  const entries = (node = 'west/host1') =>
    [4, 6].flatMap((family) => mapOf(node, `grants${family}`)!.lookupBatch())

  beforeEach(() => {
    now = 1000n * second
    damage = []
    path = join(folder, `${++count}.jsonl`)
    const engine = new InterpreterEngine({ clock: () => now })
    maps = new Map()
    for (const { id, kind } of network.nodes)
      if (kind === 'host')
        for (const family of [4, 6] as const) {
          maps.set(`${id} grants${family}`, engine.createMap(grantMap(family)))
          maps.set(`${id} flows${family}`, engine.createMap(flowMaps(1, 64)[family].flows))
        }
    start()
  })
  afterEach(() => log.close())

  it('is granted: written down, in force in both families at one host, listed', () => {
    const grant = controller.grant(wish)
    expect(grant).toMatchObject({ number: 1, who: 'alice', from: 'west/jump1', to: 'west/host1', port: 7443 })
    expect(entries()).toEqual([
      [encodeGrantKey(pathOf(4)), encodeGrant(1060n * second, 1)],
      [encodeGrantKey(pathOf(6)), encodeGrant(1060n * second, 1)],
    ])
    expect(entries('west/host2')).toEqual([])
    expect(controller.list()).toMatchObject([{ number: 1, uses: 0, lastUse: null, secondsLeft: 60 }])
    expect(last()).toMatchObject({ kind: 'grant', fields: { grant: 1, reason: 'disk errors', seconds: 60 } })
  })

  it('uses are in the log once, however often one looks', () => {
    controller.grant(wish)
    useIt(4, 2)
    controller.sweep()
    controller.sweep()
    useIt(6)
    controller.sweep()
    expect(kinds()).toEqual(['grant', 'use', 'use'])
    expect(last()?.fields).toMatchObject({ grant: 1, uses: 3, more: 1 })
  })

  it('a probe is in the log before it is sent, and nobody’s use', () => {
    controller.grant(wish)
    useIt(4)
    const done = controller.probe('west/host1', pathOf(6), 'bob')
    expect(kinds()).toEqual(['grant', 'use', 'probe'])
    useIt(6)
    controller.sweep()
    expect(last()?.fields).toMatchObject({ uses: 2, more: 1, probes: 1 })
    done()
    useIt(6)
    expect(controller.list()).toMatchObject([{ uses: 2, probes: 1 }])
    expect(last()?.fields).toMatchObject({ uses: 3, more: 1 })
    expect(last()?.fields).not.toHaveProperty('probes')
    // What the log says is gone on with.
    die()
    start()
    expect(controller.list()).toMatchObject([{ uses: 2, probes: 1 }])
  })

  it('a probe that did not arrive leaves the next use to whoever it is', () => {
    controller.grant(wish)
    controller.probe('west/host1', pathOf(4), 'bob')()
    useIt(4)
    expect(controller.list()).toMatchObject([{ uses: 1, probes: 0 }])
  })

  it('a probe by no grant is not told of', () => {
    controller.probe('west/host1', pathOf(4), 'bob')()
    expect(kinds()).toEqual([])
  })

  it('ends by its time, with the uses of its last moment', () => {
    controller.grant(wish)
    now += 59n * second
    useIt(4)
    expect(controller.nextEnd()).toBe(1060n * second)
    now += 1n * second
    controller.sweep()
    expect(kinds()).toEqual(['grant', 'use', 'expire'])
    expect(last()?.fields).toEqual({ grant: 1, uses: 1 })
    expect(entries()).toEqual([])
    expect(controller.nextEnd()).toBeUndefined()
  })

  it('is revoked with its connections, and with those only', () => {
    controller.grant(wish)
    const flows = mapOf('west/host1', 'flows4')!
    const flow = (remote: string, localPort: number): Uint8Array => {
      const key = new Uint8Array(flowKey[4].size)
      key.set(ipBytes(pathOf(4).destination), flowKey[4].local)
      key.set(ipBytes(ip(remote)), flowKey[4].remote)
      key.set([localPort >>> 8, localPort & 255, 0x9c, 0x40], flowKey[4].ports)
      key[flowKey[4].owner + 3] = Protocol.tcp
      return key
    }
    const own = flow(formatIp(pathOf(4).source), 7443)
    const others = [flow(formatIp(pathOf(4).source), 22), flow('10.16.1.99', 7443)]
    for (const key of [own, ...others]) flows.update(key, new Uint8Array(flows.spec.valueSize))
    expect(controller.revoke(1, 'bob')).toMatchObject({ connections: 1 })
    expect(entries()).toEqual([])
    expect(flows.lookup(own)).toBeUndefined()
    expect(others.map((key) => flows.lookup(key) !== undefined)).toEqual([true, true])
    // A packet that was under way brought it back.
    flows.update(own, new Uint8Array(flows.spec.valueSize))
    controller.sweep()
    expect(flows.lookup(own)).toBeUndefined()
    expect(last()).toMatchObject({ kind: 'revoke', fields: { grant: 1, by: 'bob', connections: 1 } })
    expect(() => controller.revoke(1, 'bob')).toThrow('none of that number')
  })

  it.each<[string, Partial<AccessRequest>, string]>([
    ['without a name', { who: '' }, 'is no name'],
    ['for a name that writes over a terminal', { who: 'al\u001b[2Jice' }, 'is no name'],
    ['without a reason', { reason: ' \t' }, 'needs a reason'],
    ['for a reason that hides something', { reason: 'a\u202eb' }, 'printable'],
    ['for a novel', { reason: 'x'.repeat(501) }, 'at most 500'],
    ['for longer than the network allows', { seconds: 8 * 3600 + 1 }, 'longer than 8h'],
    ['for no time', { seconds: 0 }, 'needs a time'],
    ['for a part of a second', { seconds: 0.5 }, 'needs a time'],
    ['for ever', { seconds: Number.POSITIVE_INFINITY }, 'needs a time'],
    ['to an unknown host', { to: 'west/hots1' }, "did you mean 'west/host1'?"],
    ['to what is no host', { to: 'west/fc1' }, 'is no host'],
    ['from what is no jump box', { from: 'west/fc1' }, 'is no jump box'],
    ['from the jump box of another site', { from: 'east/jump1' }, 'is no jump box of west'],
    ['to another port', { port: 'ssh' }, 'give agent or 7443'],
  ])('is refused %s, which is written down', (_, change, message) => {
    expect(() => controller.grant({ ...wish, ...change })).toThrow(message)
    expect(entries()).toEqual([])
    expect(last()).toMatchObject({ kind: 'refuse', fields: { by: 'root', code: 'GL7010' } })
  })

  it('is for one person at a time', () => {
    controller.grant(wish)
    expect(() => controller.grant({ ...wish, who: 'bob' })).toThrow('alice has it from west/jump1')
    expect(controller.grant({ ...wish, who: 'bob', to: 'west/host2' }).number).toBe(2)
    now += 60n * second
    expect(controller.grant({ ...wish, who: 'bob' }).number).toBe(3)
  })

  it('that nobody granted is taken away and told', () => {
    const grants = mapOf('east/host1', 'grants4')!
    grants.update(encodeGrantKey(pathOf(4)), encodeGrant(1n << 62n, 7))
    controller.sweep()
    expect(entries('east/host1')).toEqual([])
    expect(last()).toMatchObject({ kind: 'foreign', fields: { to: 'east/host1', number: 7 } })
  })

  it('that somebody made longer ends at once', () => {
    controller.grant(wish)
    mapOf('west/host1', 'grants4')!.update(encodeGrantKey(pathOf(4)), encodeGrant(1n << 62n, 1))
    controller.sweep()
    expect(entries()).toEqual([])
    expect(last()).toMatchObject({ kind: 'altered', fields: { grant: 1 } })
  })

  describe('after the process has died', () => {
    it('goes on where the maps are still there; the log gets what it lacks', () => {
      controller.grant(wish)
      useIt(4)
      controller.sweep()
      useIt(4, 2)
      die()
      useIt(6)
      start()
      expect(kinds()).toEqual(['grant', 'use', 'use'])
      expect(last()?.fields).toMatchObject({ grant: 1, uses: 4, more: 3 })
      expect(controller.list()).toMatchObject([{ number: 1, who: 'alice', uses: 4 }])
      die()
      start()
      expect(kinds()).toEqual(['grant', 'use', 'use'])
      now += 60n * second
      controller.sweep()
      expect(kinds()).toEqual(['grant', 'use', 'use', 'expire'])
      expect(controller.grant(wish).number).toBe(2)
    })

    it('says what is lost where they are not', () => {
      controller.grant(wish)
      useIt(4)
      controller.sweep()
      die()
      for (const family of [4, 6] as const)
        mapOf('west/host1', `grants${family}`)!.delete(encodeGrantKey(pathOf(family)))
      start()
      expect(kinds()).toEqual(['grant', 'use', 'lost'])
      expect(last()?.fields).toMatchObject({ grant: 1, uses: 1 })
      expect(controller.list()).toEqual([])
    })
  })

  it('ends with the network', () => {
    controller.grant(wish)
    useIt(4)
    controller.close()
    expect(kinds()).toEqual(['grant', 'use', 'end'])
    expect(entries()).toEqual([])
  })

  it('is not granted if it cannot be written down, and nothing that happened is forgotten meanwhile', () => {
    controller.grant(wish)
    useIt(4)
    const append = log.append
    log.append = () => {
      throw new Error('ENOSPC: no space left on device')
    }
    expect(() => controller.grant({ ...wish, to: 'west/host2' })).toThrow(/ENOSPC.*mend that first/)
    expect(entries('west/host2')).toEqual([])
    controller.revoke(1, 'bob')
    expect(entries()).toEqual([])
    log.append = append
    controller.sweep()
    expect(kinds()).toEqual(['grant', 'use', 'refuse', 'revoke'])
    expect(controller.untold).toBe(0)
  })

  describe('when its log is taken away', () => {
    /** As `sed -i` does it: another file with the same bytes. */
    const replace = (): void => {
      copyFileSync(path, `${path}.copy`)
      renameSync(`${path}.copy`, path)
    }

    it.each<[string, () => void]>([
      ['moved', () => renameSync(path, `${path}.1`)],
      ['deleted', () => rmSync(path)],
      ['replaced', replace],
    ])('(%s) is not granted; what was granted ends, and the log that comes tells all', (_, takeAway) => {
      controller.grant(wish)
      controller.grant({ ...wish, to: 'west/host2', seconds: 30 })
      takeAway()
      for (let attempt = 0; attempt < 3; attempt++)
        expect(() => controller.grant({ ...wish, to: 'east/host1' })).toThrow(
          /log .* while the network was up; put it back if it was moved/,
        )
      expect(entries('east/host1')).toEqual([])
      expect(verifyLog(path).ok).toBe(false)
      useIt(4)
      controller.revoke(1, 'bob')
      now += 30n * second
      controller.sweep()
      expect([entries(), entries('west/host2')]).toEqual([[], []])
      expect(damage).toHaveLength(1)
      // Somebody looks at it, and makes room for a new one.
      rmSync(path, { force: true })
      rmSync(headFile(path))
      controller.sweep()
      expect(kinds()).toEqual(['damaged', 'refuse', 'refuse', 'refuse', 'use', 'revoke', 'expire'])
      expect(controller.grant(wish).number).toBe(3)
      expect(damage).toHaveLength(2)
    })

    it('is granted again when it is back', () => {
      controller.grant(wish)
      renameSync(path, `${path}.1`)
      expect(() => controller.grant({ ...wish, to: 'west/host2' })).toThrow('was moved away')
      renameSync(`${path}.1`, path)
      expect(controller.grant({ ...wish, to: 'west/host2' }).number).toBe(2)
      expect(kinds()).toEqual(['grant', 'damaged', 'refuse', 'grant'])
    })

    it.each([
      [[1], ['grant', 'grant', 'damaged', 'revoke', 'end']],
      [
        [1, 2],
        ['grant', 'grant', 'damaged', 'revoke', 'revoke'],
      ],
    ])(
      'the network ends, and says so in whichever log is there, of what was revoked (%j) too',
      (numbers, told) => {
        controller.grant(wish)
        controller.grant({ ...wish, to: 'west/host2' })
        replace()
        for (const number of numbers) controller.revoke(number, 'bob')
        controller.close()
        expect(kinds()).toEqual(told)
        expect(verifyLog(path).ok).toBe(false)
      },
    )

    it('is refused once when the log was cut where it is, and what happened stays in it', () => {
      controller.grant(wish)
      truncateSync(path)
      const other = { ...wish, to: 'west/host2' }
      expect(() => controller.grant(other)).toThrow('another process has changed it: the file has 0 bytes')
      expect(controller.grant(other).number).toBe(2)
      expect(kinds()).toEqual(['damaged', 'refuse', 'grant'])
      expect(verifyLog(path).findings.map(({ kind }) => kind)).toEqual(['damaged', 'removed'])
    })
  })
})
