/** What a rule asks of a packet, and what it does to it, on one line. */
import { formatIp, formatPortRange, formatPrefix, formatProtocol } from '../../net/index.ts'
import { type Backend, formatMatch, type RulePlace, type Translation } from '../../policy/index.ts'

/** `undefined` for rules that are no list of fields: those about the shape of frames and about flows. */
export function conditionOf({ point, tier, rule }: RulePlace): string | undefined {
  const holder = point.tiers.find(({ name }) => name === tier)
  if (holder?.kind === 'rules' || holder?.kind === 'grants') return formatMatch(rule.match)
  const translation = holder?.kind === 'translation' && holder.translations.find((t) => t.rule === rule)
  return translation ? translationText(translation) : undefined
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
      const { sources, address, ports } = translation
      return `from ${sources.map(formatPrefix).join(',')} → from ${formatIp(address)} port ${formatPortRange(ports)}`
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
