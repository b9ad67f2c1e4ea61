/** The engine that runs specs here, without a kernel and without rights. One run at a time; CPUs are a number. */
import type { BpfMap, Engine, LoadedProgram } from '../engine.ts'
import { BpfError } from '../errors.ts'
import { isName } from '../map-spec.ts'
import type { MapSpec, ProgramSpec } from '../spec.ts'
import { DEFAULT_CPUS, DEFAULT_INSTRUCTION_LIMIT, type Environment } from './environment.ts'
import { Machine } from './machine.ts'
import { ArrayMap } from './maps/array-map.ts'
import { createMap } from './maps/create-map.ts'
import { InterpreterMap } from './maps/map.ts'
import { type CompiledProgram, compileProgram } from './program.ts'
import type { InterpreterContext, InterpreterResult } from './run.ts'

const ETHERNET_HEADER = 14

export type EngineOptions = Partial<Environment>

/**
 * ```ts
 * const engine = new InterpreterEngine({ clock: () => 0n })
 * const program = engine.load(spec, { counters: engine.createMap(counters) })
 * program.run(frame).verdict
 * ```
 */
export class InterpreterEngine implements Engine {
  readonly name = 'interpreter'
  /** Clock, chance, CPU and routes; may be changed between runs. */
  readonly environment: Environment
  private readonly machine: Machine
  private ids = 0

  constructor(options: EngineOptions = {}) {
    this.environment = {
      clock: monotonicClock,
      random: () => Math.floor(Math.random() * 0x1_0000_0000),
      cpu: 0,
      cpus: DEFAULT_CPUS,
      instructionLimit: DEFAULT_INSTRUCTION_LIMIT,
      fibLookup: undefined,
      ...options,
    }
    this.machine = new Machine(this.environment)
  }

  /** @throws BpfError for a spec that the kernel refuses. `inner`: a map of the shape that inner maps must have. */
  createMap(spec: MapSpec, inner?: BpfMap): InterpreterMap {
    const { memory } = this.machine
    const map = createMap(
      spec,
      {
        cpus: this.environment.cpus,
        nextId: () => ++this.ids,
        free: (freed) => {
          memory.remove(freed.region)
          if (freed.valueRegion > 0) memory.remove(freed.valueRegion)
        },
      },
      inner?.spec,
    )
    map.region = memory.addPermanent(map)
    if (map instanceof ArrayMap && spec.type === 'array' && spec.maxEntries === 1)
      map.valueRegion = memory.addPermanent(map.regionOf(0, 0))
    return map
  }

  /**
   * @throws AssembleError; VerifierError for helpers that the program may not call; BpfError for missing maps. What the
   * kernel's verifier proves beforehand shows here when a run meets it, as `InterpreterFault`.
   */
  load(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): InterpreterProgram {
    const refuse = (why: string): never => {
      throw new BpfError(`load program '${spec.name}' failed with EINVAL: ${why}`, { errno: 'EINVAL' })
    }
    if (!isName(spec.name)) refuse('its name is not 1–15 characters of A–Z a–z 0–9 _ .; rename it')
    const used = new Map<string, InterpreterMap>()
    for (const { map: name } of spec.instructions) {
      if (name === undefined || used.has(name)) continue
      const map = Object.hasOwn(maps, name) ? maps[name] : undefined
      if (map === undefined) refuse(`it uses map '${name}', which was not given; pass it`)
      else if (!(map instanceof InterpreterMap))
        refuse(`map '${name}' is of another engine; make both with one`)
      else used.set(name, map)
    }
    const compiled = compileProgram(this.machine, spec, used)
    return new InterpreterProgram(compiled, this.machine, [...used.values()], ++this.ids)
  }
}

export class InterpreterProgram implements LoadedProgram {
  /** @internal */
  readonly compiled: CompiledProgram
  readonly id: number
  private readonly machine: Machine
  private readonly maps: readonly InterpreterMap[]
  private holders = 1
  private closed = false

  /** @internal */
  constructor(compiled: CompiledProgram, machine: Machine, maps: readonly InterpreterMap[], id: number) {
    this.compiled = compiled
    this.machine = machine
    this.maps = maps
    this.id = id
    for (const map of maps) map.retain()
  }

  get spec(): ProgramSpec {
    return this.compiled.spec
  }

  /** @throws InterpreterFault for what the verifier would have refused; BpfError for packets under 14 bytes. */
  run(packet: Uint8Array, context: InterpreterContext = {}): InterpreterResult {
    if (this.closed) this.refuse('EBADF', 'it is closed; keep it open')
    if (packet.length < ETHERNET_HEADER)
      this.refuse('EINVAL', `a packet of ${packet.length} bytes; give ${ETHERNET_HEADER} at least`)
    return this.machine.run(this.compiled, packet, context)
  }

  /** Ends this handle; program arrays that hold the program go on with it. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.release()
  }

  /** @internal */
  retain(): void {
    this.holders++
  }

  /** @internal */
  release(): void {
    if (--this.holders === 0) for (const map of this.maps) map.release()
  }

  private refuse(errno: string, why: string): never {
    throw new BpfError(`run program '${this.spec.name}' failed with ${errno}: ${why}`, { errno })
  }
}

function monotonicClock(): bigint {
  return BigInt(Math.round(performance.now() * 1e6))
}
