/** What is known of translations, whoever is looked at: of many endpoints it takes long to make their sets. */
import type { Ip } from '../../net/index.ts'
import type { Translation, TranslationTier } from '../../policy/index.ts'
import type { DiagramSet } from '../diagram/index.ts'
import type { Rewrite, RewriteTier } from './rewrites.ts'

/** A tier, of which some translations are followed. */
export interface DividedTier {
  readonly watched: readonly Translation[]
  /** Packets to which any of the others applies. */
  readonly others: DiagramSet
  /** No two endpoints of the tier want the same packets. */
  readonly areApart: boolean
  /** Once it is asked for. */
  composed?: RewriteTier
}

/** Where translations of a tier stand that are followed if somebody is looked at. */
interface Behind {
  /** Whoever is looked at. */
  readonly always: readonly number[]
  /** By the id of a machine behind them. */
  readonly by: ReadonlyMap<string, readonly number[]>
}

export class RewriteMemory {
  readonly #behind = new WeakMap<TranslationTier, Behind>()
  readonly #plain = new WeakMap<Translation, Rewrite>()
  readonly #borrowers = new WeakMap<readonly Ip[], DiagramSet>()
  /** As last asked for. */
  readonly #tiers = new WeakMap<TranslationTier, DividedTier>()

  plain(translation: Translation, make: () => Rewrite): Rewrite {
    return remembered(this.#plain, translation, make)
  }

  /** Packets by borrowers of ports. */
  borrowers(list: readonly Ip[], make: () => DiagramSet): DiagramSet {
    return remembered(this.#borrowers, list, make)
  }

  /** Translations but those to endpoints behind which are machines, of which none is looked at, in their order. */
  followed(tier: TranslationTier, nodes: readonly string[]): readonly Translation[] {
    const { always, by } = remembered(this.#behind, tier, () => behindOf(tier))
    const found = new Set(always)
    for (const node of nodes) for (const at of by.get(node) ?? []) found.add(at)
    if (found.size === tier.translations.length) return tier.translations
    return [...found].sort((a, b) => a - b).map((at) => tier.translations[at] as Translation)
  }

  /** @param make makes it, from what it was where other translations were followed when it was last asked for */
  tier(
    tier: TranslationTier,
    watched: readonly Translation[],
    make: (before: DividedTier | undefined) => DividedTier,
  ): DividedTier {
    const known = this.#tiers.get(tier)
    const { length } = watched
    if (known?.watched.length === length && known.watched.every((each, index) => each === watched[index]))
      return known
    const made = make(known)
    this.#tiers.set(tier, made)
    return made
  }
}

function remembered<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

function behindOf({ translations }: TranslationTier): Behind {
  const always: number[] = []
  const by = new Map<string, number[]>()
  translations.forEach((translation, at) => {
    const backends =
      translation.kind === 'endpoint-in' || translation.kind === 'endpoint-out' ? translation.backends : []
    if (backends.length === 0) always.push(at)
    for (const { node } of backends) {
      const list = by.get(node)
      if (list) list.push(at)
      else by.set(node, [at])
    }
  })
  return { always, by }
}
