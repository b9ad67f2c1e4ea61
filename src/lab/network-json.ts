/** A network as JSON and back, for those who ask what runs: a network is plain data, but for its addresses, which are large numbers. */
import type { Network } from '../model/index.ts'

/** A number that JSON does not have, in hexadecimal. */
const mark = '$bigint'

/** What `JSON.stringify` can write. */
export const networkJson = (network: Network): unknown =>
  JSON.parse(
    JSON.stringify(network, (_, value: unknown) =>
      typeof value === 'bigint' ? { [mark]: value.toString(16) } : value,
    ),
  )

/** The network of which {@link networkJson} is `json`. */
export const networkFromJson = (json: unknown): Network => revive(json) as Network

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(revive))
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === mark) return BigInt(`0x${first[1]}`)
  return Object.freeze(Object.fromEntries(entries.map(([key, each]) => [key, revive(each)])))
}
