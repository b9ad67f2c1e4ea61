/** A program is measured in turn with the floors: programs of the same run that do next to nothing. */
import { type KernelProgram, kernelEngine } from '../../src/kernel/index.ts'
import { type Floor, floorKey, floorMaps, floorProgram } from '../floors.ts'
import type { Measured, Row } from '../report.ts'
import { inTurn, type Spread } from '../rounds.ts'
import type { Subject } from './subjects.ts'

export function loadFloors(
  type: 'xdp' | 'sched_cls',
  frames: readonly Uint8Array[],
): Record<Floor, KernelProgram> {
  const hash = kernelEngine.createMap(floorMaps.hash)
  const lru = kernelEngine.createMap(floorMaps.lru)
  const value = new Uint8Array(16).fill(1)
  for (const frame of frames) lru.update(floorKey(frame), value)
  const maps = { floor_hash: hash, floor_lru: lru }
  const load = (floor: Floor) => kernelEngine.load(floorProgram(floor, type), maps)
  const floors = {
    nothing: load('nothing'),
    parse: load('parse'),
    'hash-miss': load('hash-miss'),
    'lru-hit': load('lru-hit'),
  }
  hash.close()
  lru.close()
  return floors
}

/** Measures a program and the floors in turn. */
export const besideFloors = (
  floors: Readonly<Record<Floor, KernelProgram>>,
  program: KernelProgram,
  measure: (device: KernelProgram) => () => number,
  rounds: number,
) =>
  inTurn(
    {
      nothing: measure(floors.nothing),
      parse: measure(floors.parse),
      'hash-miss': measure(floors['hash-miss']),
      'lru-hit': measure(floors['lru-hit']),
      program: measure(program),
    },
    rounds,
  )

export function rowOf(
  { name, goal }: Pick<Subject, 'name' | 'goal'>,
  spreads: Readonly<Record<Floor | 'program', Spread>>,
  program: KernelProgram,
): Row {
  const base = spreads.nothing.median
  const above = (spread: Spread): number => spread.median - base
  const peers: Measured[] = [
    { name: 'parse', value: above(spreads.parse), unit: 'ns' },
    { name: 'and hash miss', value: above(spreads['hash-miss']), unit: 'ns' },
    { name: 'and LRU hit', value: above(spreads['lru-hit']), unit: 'ns' },
    { name: 'instructions', value: program.spec.instructions.length, unit: '' },
  ]
  return {
    name,
    value: above(spreads.program),
    min: spreads.program.min - base,
    max: spreads.program.max - base,
    rounds: spreads.program.rounds,
    unit: 'ns',
    better: 'lower',
    ...(goal === undefined ? {} : { goal }),
    base: { name: 'program that does nothing', value: base, unit: 'ns' },
    peers,
  }
}
