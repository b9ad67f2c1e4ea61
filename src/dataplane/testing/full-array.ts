/** Arrays that have their full length when generated, and shrink to any shorter one: sequences of packets against one policy. */
import fc from 'fast-check'

class FullArray<T> extends fc.Arbitrary<readonly T[]> {
  readonly #element: fc.Arbitrary<T>
  readonly #length: number

  constructor(element: fc.Arbitrary<T>, length: number) {
    super()
    this.#element = element
    this.#length = length
  }

  generate(random: fc.Random): fc.Value<readonly T[]> {
    const elements = Array.from(
      { length: this.#length },
      () => this.#element.generate(random, undefined).value,
    )
    return new fc.Value(elements, undefined)
  }

  canShrinkWithoutContext(value: unknown): value is readonly T[] {
    return Array.isArray(value)
  }

  shrink(value: readonly T[]): fc.Stream<fc.Value<readonly T[]>> {
    return fc.stream(shorter(value)).map((elements) => new fc.Value(elements, undefined))
  }
}

/** All ways to leave out a half, a quarter and so on, down to one element. */
function* shorter<T>(value: readonly T[]): Generator<readonly T[], void, void> {
  for (let size = value.length >> 1; size >= 1; size >>= 1)
    for (let at = value.length - size; at >= 0; at -= size)
      yield [...value.slice(0, at), ...value.slice(at + size)]
}

/** Elements do not shrink by themselves. */
export const fullArray = <T>(element: fc.Arbitrary<T>, length: number): fc.Arbitrary<readonly T[]> =>
  new FullArray(element, length)
