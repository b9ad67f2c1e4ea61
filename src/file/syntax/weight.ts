/**
 * An estimate of what parsing YAML text costs, taken before it is parsed: the parser makes objects of every word and mark,
 * so that four megabytes of `[]` would need gigabytes of memory.
 */

/** A network of 100,000 VMs in 20,000 services weighs half as much. */
export const maxWeight = 3_500_000

const codes = (text: string) => new Set(Array.from(text, (char) => char.charCodeAt(0)))
const openers = codes('[{')
const closers = codes(']}')
const marks = codes('!&*')
const light = codes('",\'')
const newline = '\n'.charCodeAt(0)
const space = ' '.charCodeAt(0)

/**
 * Words and lines weigh 1, commas and quotes 2, collections, tags, anchors, aliases and brackets that close nothing 4.
 * Stops counting at the limit.
 */
export function yamlWeight(text: string): number {
  let weight = 0
  let open = 0
  let inWord = false
  for (let i = 0; i < text.length && weight <= maxWeight; i++) {
    const code = text.charCodeAt(i)
    if (code <= space) {
      inWord = false
      if (code === newline) weight++
      continue
    }
    if (!inWord) weight++
    inWord = true
    if (light.has(code)) weight += 2
    else if (marks.has(code)) weight += 4
    else if (openers.has(code)) {
      weight += 4
      open++
    } else if (closers.has(code) && --open < 0) {
      weight += 4
      open = 0
    }
  }
  return weight
}
