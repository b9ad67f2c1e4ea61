/** Rules' names as nft comments, by which their counters are found again. */
import type { RulePlace } from '../../policy/index.ts'

/** NFTNL_UDATA_COMMENT_MAXLEN of libnftnl, less the terminating zero. */
const longest = 127

/** One comment for each rule of a point, in the order given; all different. A name that nft cannot hold is made plain, and numbered. */
export function commentsOf(places: readonly RulePlace[]): readonly string[] {
  const taken = new Set<string>()
  return places.map(({ rule }, index) => {
    const plain = plainText(rule.id).slice(0, longest)
    const comment =
      plain === rule.id && !taken.has(plain) ? plain : `${plain.slice(0, longest - 8)} #${index}`
    taken.add(comment)
    return comment
  })
}

/** Printable ASCII without quotes and backslashes: nft has no escapes in strings. */
export const plainText = (text: string): string => text.replace(/[^ !#-[\]-~]/g, '_')
