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
  /** Once it is asked for. */
  composed?: RewriteTier
}

export class RewriteMemory {
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

  /** @param make is given what is followed */
  tier(tier: TranslationTier, watched: readonly Translation[], make: () => DividedTier): DividedTier {
    const known = this.#tiers.get(tier)
    const { length } = watched
    if (known?.watched.length === length && known.watched.every((each, index) => each === watched[index]))
      return known
    const made = make()
    this.#tiers.set(tier, made)
    return made
  }
}

function remembered<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}
