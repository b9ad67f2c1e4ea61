/**
 * The shape tier in nftables. What netfilter shows of it: options, fragments (where nothing has put them together yet), extension
 * headers, transport headers that are cut or contradict themselves, neighbour discovery. What it does not show: see `docs/guide/firewalls.md`.
 */
import type { Family } from '../../net/index.ts'
import type { Point, ShapeTier } from '../../policy/index.ts'
import { extensionHeaders, fragmentHeader, neighbourDiscovery, type OddReason } from '../../wire/index.ts'
import { UnsayableError } from '../unsayable.ts'
import type { Chain, RuleWriter } from './writer.ts'

const standard: Readonly<Record<OddReason, 'allow' | 'deny'>> = {
  arp: 'allow',
  'neighbour-discovery': 'allow',
  'not-ip': 'deny',
  fragment: 'deny',
  'ip-options': 'deny',
  'extension-header': 'deny',
  malformed: 'deny',
}

/** Neighbour discovery as `readHeaders` has it. */
export const discoveryCondition = `icmpv6 type ${neighbourDiscovery.first}-${neighbourDiscovery.last} icmpv6 code ${neighbourDiscovery.code} ip6 hoplimit ${neighbourDiscovery.hopLimit} ip6 daddr { fe80::/10, ff02::/16 }`

/** Bytes of an IP header without options. */
const headerLength = { 4: 20, 6: 40 } as const

/** Writes the chains; returns the name of the first, from which odd packets do not return. */
export function writeShape(point: Point, tier: ShapeTier, name: string, writer: RuleWriter): string {
  for (const [reason, action] of Object.entries(standard))
    if (tier.reasons[reason as OddReason].action !== action)
      throw new UnsayableError(
        'nftables',
        point.id,
        `its shape tier does not ${action} ${reason}`,
        'leave that rule as it is built in, or enforce the point with the eBPF program',
      )
  const { reasons } = tier
  const chain = writer.chain(name)
  chain.rule('ip hdrlength > 5', reasons['ip-options'])
  chain.rule('ip frag-off & 0x3fff != 0', reasons.fragment)
  chain.rule(`ip6 nexthdr ${fragmentHeader}`, reasons.fragment)
  chain.rule(`ip6 nexthdr { ${extensionHeaders.join(', ')} }`, reasons['extension-header'])
  // nft finds a transport header only behind an IP header that fits its packet.
  const entries = ([4, 6] as const).flatMap((family) => {
    const tcp = writeTcp(writer.chain(`${name}/tcp${family}`), family, tier, writer, `${name}/tcp${family}`)
    const udp = writer.chain(`${name}/udp${family}`)
    udp.rule(`meta length < ${headerLength[family] + 8}`, reasons.malformed)
    udp.rule('udp length < 8', reasons.malformed)
    const icmp = writer.chain(`${name}/icmp${family}`)
    icmp.rule(`meta length < ${headerLength[family] + 8}`, reasons.malformed)
    if (family === 6) icmp.rule(discoveryCondition, reasons['neighbour-discovery'])
    const foreign = writer.chain(`${name}/foreign${family}`)
    foreign.rule('', reasons.malformed)
    const own = family === 4 ? 1 : 58
    const other = family === 4 ? 58 : 1
    return [
      `ipv${family} . 6 : jump ${tcp}`,
      `ipv${family} . 17 : jump ${name}/udp${family}`,
      `ipv${family} . ${own} : jump ${name}/icmp${family}`,
      `ipv${family} . ${other} : jump ${name}/foreign${family}`,
    ]
  })
  chain.line(`meta nfproto . meta l4proto vmap { ${entries.join(', ')} }`)
  return name
}

/** A data offset of 5 to 15 words must lie within the segment. */
function writeTcp(chain: Chain, family: Family, { reasons }: ShapeTier, writer: RuleWriter, name: string) {
  const least = headerLength[family]
  chain.rule(`meta length < ${least + 20}`, reasons.malformed)
  chain.rule('tcp doff < 5', reasons.malformed)
  chain.line(`tcp doff > 5 jump ${name}-options`)
  const options = writer.chain(`${name}-options`)
  for (let words = 6; words <= 15; words++)
    options.rule(`tcp doff ${words} meta length < ${least + 4 * words}`, reasons.malformed)
  return name
}
