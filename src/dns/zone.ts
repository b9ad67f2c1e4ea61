/** A zone: one authority's names and their records, as the name server looks them up. */
import { Class, type Data, type Record, type StartOfAuthority, Type } from './message.ts'
import { isWithin, type Name, nameKey } from './name.ts'

export interface Zone {
  readonly apex: Name
  readonly soa: Record & { readonly data: StartOfAuthority }
  /**
   * By `nameKey`. Also holds names without records that have others below them: they exist (RFC 8020 section 2), so the
   * answer about them is not NXDOMAIN.
   */
  readonly names: ReadonlyMap<string, RecordSets>
}

/** By type, in the order of their insertion; each set has at least one record. */
export type RecordSets = ReadonlyMap<number, readonly Record[]>

export interface Entry {
  readonly name: Name
  readonly type: number
  /** Seconds. */
  readonly ttl: number
  readonly data: Data
}

/**
 * Builds a zone. Throws `TypeError` unless exactly one SOA stands at the apex and all names are within it. Aliases
 * (CNAME) and delegations (NS below the apex) are refused: the server does not follow them.
 */
export function Zone(apex: Name, entries: readonly Entry[]): Zone {
  const names = new Map<string, Map<number, Record[]>>()
  const setsOf = (name: Name) => {
    const key = nameKey(name)
    const sets = names.get(key) ?? new Map<number, Record[]>()
    names.set(key, sets)
    return sets
  }
  for (const entry of entries) {
    checkEntry(apex, entry)
    for (let up = 1; entry.name.length - up >= apex.length; up++) setsOf(entry.name.slice(up))
    const sets = setsOf(entry.name)
    sets.set(entry.type, [...(sets.get(entry.type) ?? []), Object.freeze({ ...entry, class: Class.in })])
  }
  const soa = names.get(nameKey(apex))?.get(Type.soa) ?? []
  if (soa.length !== 1) throw new TypeError(`build zone: ${soa.length} SOA records; give one, at the apex`)
  return Object.freeze({ apex, soa: soa[0] as Zone['soa'], names })
}

function checkEntry(apex: Name, { name, type, data }: Entry): void {
  const text = name.join('.')
  if (!isWithin(name, apex))
    throw new TypeError(`build zone: '${text}' is outside '${apex.join('.')}'; leave it out`)
  const atApex = name.length === apex.length
  if (type === Type.cname || (!atApex && (type === Type.ns || type === Type.soa)))
    throw new TypeError(
      `build zone: record of type ${type} at '${text}'; aliases and delegations are not served`,
    )
  if ((type === Type.soa) !== (data.kind === 'soa'))
    throw new TypeError(`build zone: data of '${text}' is not of type ${type}`)
}
