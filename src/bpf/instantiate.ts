/**
 * One build, many programs: a program with parameters is a template, and giving their values makes a program of it. The
 * kernel then sees constants, as if each had been built by itself, at a small part of the cost.
 */
import { BuildError } from './errors.ts'
import type { Instruction, ProgramSpec } from './spec.ts'

/** What may differ between the instances of a program. */
export interface Instance {
  readonly name?: string
  /** Values by parameter name; all must be there. Signed or unsigned, at most 64 bits. */
  readonly parameters: Readonly<Record<string, number | bigint>>
}

/**
 * Gives every parameter its value. Instructions without parameters are shared with the template.
 * @throws BuildError for a parameter without a value, for values that no parameter takes, and for those above 64 bits.
 */
export function instantiate(
  template: ProgramSpec,
  { name = template.name, parameters }: Instance,
): ProgramSpec {
  const unused = new Set(Object.keys(parameters))
  const instructions = template.instructions.map((ins): Instruction => {
    if (ins.parameter === undefined) return ins
    const value = parameters[ins.parameter]
    if (value === undefined) {
      throw new BuildError(
        `Instantiating '${name}' failed: parameter '${ins.parameter}' has no value; give it one`,
      )
    }
    if (value < -(1n << 63n) || value >= 1n << 64n) {
      throw new BuildError(
        `Instantiating '${name}' failed: ${value} of parameter '${ins.parameter}' does not fit 64 bits; give less`,
      )
    }
    unused.delete(ins.parameter)
    const { parameter: _, ...plain } = ins
    return Object.freeze({ ...plain, imm: BigInt.asUintN(64, BigInt(value)) })
  })
  if (unused.size > 0) {
    throw new BuildError(
      `Instantiating '${name}' failed: no parameter is called '${[...unused].join("', '")}'; correct the name or leave it out`,
    )
  }
  return Object.freeze({ ...template, name, instructions: Object.freeze(instructions) })
}
