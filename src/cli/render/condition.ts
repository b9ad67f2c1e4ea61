/** What a rule asks of a packet, and what it does to it, on one line. */
import { formatBytes } from '../../file/index.ts'
import { formatIp, formatPortRange, formatProtocol } from '../../net/index.ts'
import {
  type Backend,
  formatMatch,
  type Lending,
  type Limit,
  lendingOf,
  portBlock,
  type Rate,
  type RulePlace,
  type Translation,
} from '../../policy/index.ts'

/** `undefined` for rules that are no list of fields: those about the shape of frames and about flows. */
export function conditionOf({ point, tier, rule }: RulePlace): string | undefined {
  const holder = point.tiers.find(({ name }) => name === tier)
  if (holder?.kind === 'rules' || holder?.kind === 'grants') return formatMatch(rule.match)
  const limit = holder?.kind === 'limit' && holder.limits.find((candidate) => candidate.rule === rule)
  if (limit) return limitText(limit)
  if (holder?.kind !== 'translation') return undefined
  const translation = holder.translations.find((t) => t.rule === rule)
  if (translation) return translationText(translation)
  const lending = holder.translations.flatMap((t) => lendingOf(t) ?? []).find(({ full }) => full === rule)
  return lending && fullText(lending)
}

function fullText(lending: Lending): string {
  const { first, last } = portBlock(lending, 0)
  return `over ${lending.quota} connections of one VM, or ${last - first + 1} to one remote port`
}

/** `over 20000 packets/s or 25MB/s of one source /32, /64; at once 20000 or 25MB`. */
function limitText({ key, packets, bytes }: Limit): string {
  const per = ({ seconds = 1 }: Rate) => (seconds === 1 ? 's' : `${seconds}s`)
  const rates = [
    ...(packets ? [`${packets.units} packets/${per(packets)}`] : []),
    ...(bytes ? [`${formatBytes(bytes.units)}/${per(bytes)}`] : []),
  ]
  const depths = [...(packets ? [`${packets.burst}`] : []), ...(bytes ? [formatBytes(bytes.burst)] : [])]
  const whose = key.kind === 'prefix' ? `/${key.length[4]}, /${key.length[6]}` : 'VIP'
  return `over ${rates.join(' or ')} of one ${key.end} ${whose}; at once ${depths.join(' or ')}`
}

function translationText(translation: Translation): string {
  switch (translation.kind) {
    case 'endpoint-in': {
      const { protocol, vip, port, backends, hairpin } = translation
      const also = hairpin ? `, from ${formatIp(hairpin.address)}` : ''
      return `${formatProtocol(protocol)} to ${formatIp(vip)} port ${port} → to ${machines(backends)}${also}`
    }
    case 'endpoint-out': {
      const { protocol, vip, port, backends } = translation
      return `${formatProtocol(protocol)} from ${machines(backends)} → from ${formatIp(vip)} port ${port}`
    }
    case 'egress-out': {
      const { borrowers, address, ports } = translation
      return `from ${borrowers.length} VMs → from ${formatIp(address)} port ${formatPortRange(ports)}`
    }
    case 'egress-in':
      return `to ${formatIp(translation.address)} port ${formatPortRange(translation.ports)} → to the VM that opened it`
  }
}

/** Backends named here; of more, the number. */
const shown = 2

function machines(backends: readonly Backend[]): string {
  const more = backends.length - shown
  const named = backends.slice(0, shown).map(({ node, port }) => `${node}:${port}`)
  return `${named.join(',')}${more > 0 ? `,… (${more} more)` : ''}`
}
