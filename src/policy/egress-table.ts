/**
 * Connections that a balancer translated outward. Each has a port of the egress address, its own for its remote end, so that the
 * reply names it; it lives as a flow of a filter does (`flow-state.ts`); and each VM has so many, in slots of its own. `Lending`
 * is who may have what.
 */
import { formatIp, type Ip, ipEquals, PortRange } from '../net/index.ts'
import type { IpHeaders } from '../wire/index.ts'
import { type FiveTuple, flowHash, scaleHash } from './flow-hash.ts'
import { advance, isConfirmed, kindOf, mayOpen, type Progress, startOf, stepOf } from './flow-state.ts'
import { Slots } from './slots.ts'
import type { Lending } from './translation.ts'

/** Ports tried before a connection is refused: of a block with three quarters in use, one is free in 99 of 100 cases. */
export const egressAttempts = 16

/** Distance between tries; odd and prime, so that tries of neighbouring flows do not march together. */
export const egressStride = 7919

/** The ports to try for a connection, in order. */
export function egressCandidates(flow: FiveTuple, ports: PortRange): number[] {
  const size = ports.last - ports.first + 1
  const start = scaleHash(flowHash(flow), size)
  return Array.from({ length: egressAttempts }, (_, i) => ports.first + ((start + i * egressStride) % size))
}

/**
 * The ports of one VM. There are as many blocks of equal size as the next power of two above the VMs, so that a few new VMs change
 * nothing; with more VMs than ports, several have the same one.
 * @param index of the VM in `borrowers`
 */
export function portBlock(
  { ports, borrowers }: Pick<Lending, 'ports' | 'borrowers'>,
  index: number,
): PortRange {
  const blocks = 2 ** Math.ceil(Math.log2(Math.max(1, borrowers.length)))
  const size = ports.last - ports.first + 1
  const length = Math.max(1, Math.floor(size / blocks))
  const first = ports.first + ((index * length) % size)
  return PortRange(first, first + length - 1)
}

interface Connection extends Progress {
  /** As its VM knows it. */
  readonly flow: FiveTuple
  readonly port: number
  /** Its key among the holders of ports. */
  readonly lent: string
  /** Its place in the quota of its VM. */
  readonly slot: number
}

export class EgressTable {
  readonly #connections = new Map<string, Connection>()
  /** Remote end and port lent → key of the connection. */
  readonly #holders = new Map<string, string>()
  readonly #slots = new Map<string, Slots>()

  /**
   * A packet of a VM, as it is to be sent but for its source: the port of its connection, which it opens if there is none and it can.
   * `undefined`: it is of no connection and opens none, or its sender borrows nothing.
   */
  send(lending: Lending, packet: IpHeaders, now: bigint): number | 'full' | undefined {
    const kind = kindOf(packet)
    const key = flowKey(packet)
    const known = this.#living(key, now)
    const step = known ? stepOf(packet, known, true, true) : ({ kind: 'opens' } as const)
    if (step.kind === 'stray') return undefined
    if (known && step.kind !== 'opens') {
      this.#connections.set(key, advance(known, step, packet.protocol, now))
      return known.port
    }
    return mayOpen(kind) ? this.#open(lending, packet, now) : undefined
  }

  /** The living connection, as its VM knows it, to which a packet from `remote` to the egress address belongs. */
  owner(
    { protocol, source, sourcePort }: Pick<FiveTuple, 'protocol' | 'source' | 'sourcePort'>,
    address: Ip,
    port: number,
    now: bigint,
  ): FiveTuple | undefined {
    const key = this.#holders.get(lentKey(protocol, source, sourcePort, address, port))
    return key === undefined ? undefined : this.#living(key, now)?.flow
  }

  /** A packet of the remote end, to a living connection; false if it is none that may come now, and then nothing changes. */
  answer(flow: FiveTuple, packet: IpHeaders, now: bigint): boolean {
    const key = flowKey(flow)
    const known = this.#living(key, now)
    if (!known) return false
    const step = stepOf(packet, known, false, false)
    if (step.kind === 'stray' || step.kind === 'opens') return false
    this.#connections.set(key, advance(known, step, packet.protocol, now))
    return true
  }

  /** The port of a living connection. */
  port(flow: FiveTuple, now: bigint): number | undefined {
    return this.#living(flowKey(flow), now)?.port
  }

  /** Connections that are remembered, those that are over but have not given way included. */
  get size(): number {
    return this.#connections.size
  }

  #living(key: string, now: bigint): Connection | undefined {
    const known = this.#connections.get(key)
    return known && now < known.deadline ? known : undefined
  }

  #open(lending: Lending, packet: IpHeaders, now: bigint): number | 'full' | undefined {
    const flow = fiveTuple(packet)
    const borrower = lending.borrowers.findIndex((address) => ipEquals(address, flow.source))
    if (borrower < 0) return undefined
    const key = flowKey(flow)
    this.#forget(key)
    const lentKeyOf = (candidate: number) =>
      lentKey(flow.protocol, flow.destination, flow.destinationPort, lending.address, candidate)
    const port = this.#choosePort(
      flow.source,
      egressCandidates(flow, portBlock(lending, borrower)),
      lentKeyOf,
      now,
    )
    if (port === undefined) return 'full'
    const slot = this.#takeSlot(lending, key, flow.source, now)
    if (slot === undefined) return 'full'
    this.#connections.set(key, {
      flow,
      port,
      lent: lentKeyOf(port),
      slot,
      ...startOf(flow.protocol, packet.tcpSequence ?? 0, now),
    })
    this.#holders.set(lentKeyOf(port), key)
    return port
  }

  /**
   * The first candidate that no living connection has; else the first of a connection of the same VM that gives way. The connection
   * that had it is forgotten.
   */
  #choosePort(
    vm: Ip,
    candidates: readonly number[],
    lentKeyOf: (candidate: number) => string,
    now: bigint,
  ): number | undefined {
    const living = (candidate: number) => {
      const key = this.#holders.get(lentKeyOf(candidate))
      return key === undefined ? undefined : this.#living(key, now)
    }
    const port =
      candidates.find((candidate) => !living(candidate)) ??
      candidates.find((candidate) => {
        const holder = living(candidate)
        return holder && ipEquals(holder.flow.source, vm) && !isConfirmed(holder.state)
      })
    const before = port === undefined ? undefined : this.#holders.get(lentKeyOf(port))
    if (before !== undefined) this.#forget(before)
    return port
  }

  /** Gives a slot of a VM to a new connection; what was there is forgotten. As `FlowTable` does. */
  #takeSlot({ quota }: Lending, key: string, vm: Ip, now: bigint): number | undefined {
    const slots = this.#slots.get(formatIp(vm)) ?? new Slots(quota)
    this.#slots.set(formatIp(vm), slots)
    return slots.take(key, (holder, slot) => {
      if (this.#connections.get(holder)?.slot !== slot) return true
      const living = this.#living(holder, now)
      if (living && isConfirmed(living.state)) return false
      this.#forget(holder)
      return true
    })
  }

  #forget(key: string): void {
    const known = this.#connections.get(key)
    if (known) this.#holders.delete(known.lent)
    this.#connections.delete(key)
  }
}

const fiveTuple = ({ source, destination, protocol, sourcePort, destinationPort }: FiveTuple): FiveTuple => ({
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
})

const flowKey = (flow: FiveTuple): string =>
  `${flow.protocol} ${formatIp(flow.source)} ${flow.sourcePort} ${formatIp(flow.destination)} ${flow.destinationPort}`

const lentKey = (protocol: number, remote: Ip, remotePort: number, address: Ip, port: number): string =>
  `${protocol} ${formatIp(remote)} ${remotePort} ${formatIp(address)} ${port}`
