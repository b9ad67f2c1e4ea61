/**
 * Translation tiers as code: what `translate` in `policy/translate.ts` makes of a packet, made in place. Endpoints and backends are
 * data, so that one program serves any number of them; what is said of a tier's translations of one kind is one look-up.
 */
import type { Label } from '../../bpf/index.ts'
import type { Family } from '../../net/index.ts'
import {
  type EgressIn,
  type EgressOut,
  type EndpointIn,
  fullRulesOf,
  lendingOf,
  type Translation,
  type TranslationTier,
} from '../../policy/index.ts'
import { emitIfError, emitQuoted } from '../emit/quoted.ts'
import { emitEndpointIn, emitEndpointInError, emitEndpointOut, emitEndpointOutError } from './endpoint.ts'
import { emitEgressIn, emitEgressInError, emitEgressOut, emitEgressOutError } from './outward.ts'
import { type TranslationContext, TranslationSteps } from './steps.ts'

/**
 * Emits a tier for one family; falls through for packets that it leaves alone. Translations of one kind must stand together
 * and agree in all but endpoint: that is how policies are derived.
 */
export function emitTranslationTier(context: TranslationContext, tier: TranslationTier): void {
  const { family } = context.parsed
  const steps = new TranslationSteps(context)
  for (const group of groupsOf(tier, family)) {
    const next = context.b.label('next')
    emitGroup(steps, group, next)
    context.b.place(next)
  }
}

/** Equal for tiers that compile to the same code, and after which rules have the same numbers. */
export function translationTierKey(tier: TranslationTier): string {
  const groups = ([4, 6] as const).map((family) =>
    groupsOf(tier, family).map(({ kind, first }) => [
      kind,
      constantsOf(tier, first),
      tier.translations.findIndex(({ rule }) => rule === first.rule),
    ]),
  )
  return JSON.stringify([tier.translations.length, fullRulesOf(tier).length, groups])
}

/** What of a translation stands in the code; the rest is data in maps, or a parameter. */
function constantsOf(tier: TranslationTier, translation: Translation): unknown {
  if (translation.kind === 'egress-in') return translation.hairpin !== undefined
  const lending = lendingOf(translation)
  return lending && fullRulesOf(tier).indexOf(lending.full)
}

interface Group {
  readonly kind: Translation['kind']
  readonly first: Translation
}

function groupsOf(tier: TranslationTier, family: Family): readonly Group[] {
  const groups: Group[] = []
  for (const translation of tier.translations) {
    const address = 'vip' in translation ? translation.vip : translation.address
    if (address.family !== family || groups.at(-1)?.kind === translation.kind) continue
    if (groups.some(({ kind }) => kind === translation.kind))
      throw new TypeError(
        `compile tier ${tier.name}: translations of kind ${translation.kind} must stand together`,
      )
    groups.push({ kind: translation.kind, first: translation })
  }
  return groups
}

/** One translation kind of a tier; ICMP errors go a way of their own. */
function emitGroup(steps: TranslationSteps, { kind, first }: Group, next: Label): void {
  const { b, frame, parsed } = steps.context
  const error = b.label('error')
  emitIfError(b, parsed, error)
  switch (kind) {
    case 'endpoint-in':
      emitEndpointIn(steps, first as EndpointIn, next)
      break
    case 'endpoint-out':
      emitEndpointOut(steps, next)
      break
    case 'egress-out':
      emitEgressOut(steps, first as EgressOut, next)
      break
    case 'egress-in':
      emitEgressIn(steps, first as EgressIn, next)
  }
  b.place(error)
  const quoted = emitQuoted(b, frame, parsed, next)
  switch (kind) {
    case 'endpoint-in':
      return emitEndpointInError(steps, first as EndpointIn, quoted, next)
    case 'endpoint-out':
      return emitEndpointOutError(steps, quoted, next)
    case 'egress-out':
      return emitEgressOutError(steps, first as EgressOut, quoted, next)
    case 'egress-in':
      return emitEgressInError(steps, first as EgressIn, quoted, next)
  }
}
