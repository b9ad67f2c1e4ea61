/** `glacis availability FILE`: how much of the time services are reached, which elements matter most, and whether what is promised is kept. */
import { anywhere, availabilitiesOf, totalWeights } from '../../verify/index.ts'
import { exitCodes } from '../exit-code.ts'
import { requireNetwork } from '../network-argument.ts'
import { anywhereJson, availabilityJson, availabilityText, weightJson } from '../render/availability-text.ts'
import type { Terminal } from '../terminal.ts'

/** Exit code 1 if a promise of the file is not kept. */
export function availability(file: string | undefined, terminal: Terminal): number {
  const network = requireNetwork(file, terminal)
  const found = availabilitiesOf(network)
  const elements = totalWeights(found)
  const together = anywhere(found)
  const isKept = found.every(({ keeps }) => keeps !== false)
  terminal.result({
    ok: isKept,
    file: network.file,
    services: found.map(availabilityJson),
    anySite: together.map(anywhereJson),
    elements: elements.map(weightJson),
  })
  terminal.print(availabilityText({ network, found, together, elements }, terminal.out))
  return isKept ? exitCodes.ok : exitCodes.no
}
