/** A VM opens ten times the connections that it may, in the kernel: those of another VM go on, and so do its own. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BpfMap } from '../../src/bpf/index.ts'
import {
  type Connection,
  endOf,
  families,
  flags,
  type LendingBalancer,
  lendingBalancer,
} from '../../src/dataplane/testing/lending-balancer.ts'
import { kernelEngine } from '../../src/kernel/index.ts'
import { describeKernel } from './requirements.ts'

const quota = 512
const living = 200

describeKernel('outward connections, ten times the quota', () => {
  let balancer: LendingBalancer
  const connection = (
    vm: Connection['vm'],
    family: Connection['family'],
    port: number,
    remotePort = 443,
  ): Connection => ({ vm, family, port, remotePort })
  const lent = new Map<string, number>()
  const each = (visit: (one: Connection) => void): void => {
    for (const vm of ['one', 'two'] as const)
      for (const family of families) for (let n = 0; n < living; n++) visit(connection(vm, family, 1024 + n))
  }

  beforeAll(() => {
    balancer = lendingBalancer(kernelEngine, { quota })
  })
  afterAll(() => balancer?.close())

  const goesOn = (one: Connection): void => {
    const port = lent.get(JSON.stringify(one)) as number
    expect(balancer.send(one, flags.push)).toBe(port)
    expect(balancer.answer(one, port, flags.push)).toEqual(endOf(one))
  }

  it('that nobody answers: no living connection ends, and the memory is that of the quota', () => {
    each((one) => {
      const port = balancer.establish(one)
      expect(port).toBeDefined()
      lent.set(JSON.stringify(one), port as number)
    })
    // Half open: not even these give way to another VM's.
    const halfOpen = families.map((family) => connection('two', family, 60_000))
    const waiting = halfOpen.map((one) => balancer.send(one, flags.syn) as number)

    let passed = 0
    for (const family of families)
      for (let n = 0; n < 10 * quota; n++)
        if (balancer.send(connection('one', family, 10_000 + n, 80), flags.syn) !== undefined) passed++

    each(goesOn)
    for (const [index, one] of halfOpen.entries())
      expect(balancer.answer(one, waiting[index] as number, flags.synAck)).toEqual(endOf(one))
    const counts = balancer.counted()
    expect(counts['egress/full']).toBe(BigInt(2 * 10 * quota - passed))
    expect(counts['default/deny']).toBe(0n)
    for (const family of families)
      for (const name of [`egress${family}`, `owners${family}`]) {
        const held = [...(balancer.maps[name] as BpfMap).entries()].length
        expect(held).toBeLessThanOrEqual(quota + living + 1)
        expect(held).toBeGreaterThan(2 * living)
      }
  })

  it('that are answered: it gets its quota and no more, and each refusal is counted', () => {
    const before = balancer.counted()['egress/full'] as bigint
    let refused = 0n
    for (const family of families) {
      let opened = 0
      for (let n = 0; n < 2 * quota; n++) {
        if (balancer.send(connection('one', family, 30_000 + n, 81), flags.syn) === undefined) {
          refused++
          continue
        }
        expect(balancer.establish(connection('one', family, 30_000 + n, 81))).toBeDefined()
        opened++
      }
      expect(opened).toBeLessThanOrEqual(quota - living)
      expect(opened).toBeGreaterThan((quota - living) / 2)
      expect(balancer.establish(connection('two', family, 61_000))).toBeDefined()
    }
    expect((balancer.counted()['egress/full'] as bigint) - before).toBe(refused)
    each(goesOn)
  })
})
