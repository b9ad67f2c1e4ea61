/** One behaviour suite for everything that runs specs: what passes it is an engine. */
import { describe } from 'vitest'
import type { Engine } from '../engine.ts'
import { describeMaps } from './map-suite.ts'
import { describePackets } from './packet-suite.ts'
import { describePrograms } from './program-suite.ts'
import { describeReferences, type ReadRing } from './reference-suite.ts'
import { describeTries } from './trie-suite.ts'

/** `readRing`: takes out what waits in a ring buffer of the engine. */
export function describeEngine(name: string, makeEngine: () => Engine, readRing: ReadRing): void {
  describe(`engine: ${name}`, () => {
    describe('maps', () => {
      describeMaps(makeEngine)
      describeTries(makeEngine)
    })
    describe('maps of other things', () => describeReferences(makeEngine, readRing))
    describe('programs', () => describePrograms(makeEngine))
    describe('packets', () => describePackets(makeEngine))
  })
}
