/**
 * The hash by which a flow chooses a backend. Any balancer, in the kernel or here, computes the same number from the same
 * packet. The mixing is MurmurHash3's 32-bit variant (Austin Appleby, public domain) over these words: source address,
 * destination address, the two ports, the protocol. Addresses and ports are read as little-endian words from their bytes
 * in network order, which is what a little-endian machine loads.
 */
import { type Ip, ipBytes } from '../net/index.ts'

export interface FiveTuple {
  readonly source: Ip
  readonly destination: Ip
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

const c1 = 0xcc9e2d51
const c2 = 0x1b873593
const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))

/** Mixes one 32-bit word into the state. */
export function mixWord(state: number, word: number): number {
  const k = Math.imul(rotate(Math.imul(word, c1), 15), c2)
  return (Math.imul(rotate(state ^ k, 13), 5) + 0xe6546b64) | 0
}

/** MurmurHash3's finaliser: every input bit reaches every output bit. Returns an unsigned 32-bit number. */
export function finish(state: number): number {
  let h = state
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The words that are hashed, in order. */
export function flowWords(flow: FiveTuple): number[] {
  const address = (ip: Ip): number[] => {
    const bytes = ipBytes(ip)
    const view = new DataView(bytes.buffer)
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true))
  }
  const swap = (port: number): number => ((port & 0xff) << 8) | (port >>> 8)
  const ports = (swap(flow.sourcePort) | (swap(flow.destinationPort) << 16)) >>> 0
  return [...address(flow.source), ...address(flow.destination), ports, flow.protocol]
}

/** Unsigned 32-bit hash of a flow. */
export const flowHash = (flow: FiveTuple): number => finish(flowWords(flow).reduce(mixWord, 0))

/** Maps a 32-bit hash onto 0 ≤ index < size without division: the high half of the product. */
export const scaleHash = (hash: number, size: number): number => Math.floor((hash * size) / 0x1_0000_0000)

/** Hash of a name, for placing backends: FNV-1a over UTF-8, then {@link finish}. */
export function nameHash(name: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193)
  return finish(h)
}
