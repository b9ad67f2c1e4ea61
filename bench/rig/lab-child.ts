/**
 * A lab in a process of its own, so that its memory and its end can be measured from outside. Prints one line of JSON when it is up;
 * takes everything down when its standard input ends, and prints another.
 */
import { compileDeployment } from '../../src/dataplane/index.ts'
import { bringUpKernel } from '../../src/lab/index.ts'
import { loadNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'

const started = performance.now()
const elapsed = (since: number): number => (performance.now() - since) / 1000
const { network, diagnostics } = loadNetwork(process.argv[2] as string)
if (!network) throw new Error(`load ${process.argv[2]}: ${diagnostics.length} mistakes`)
const deployment = compileDeployment(network, derivePolicy(network))
const prepared = elapsed(started)
const fabric = await bringUpKernel({ network, deployment })
const report = {
  up: elapsed(started),
  prepared,
  seconds: fabric.seconds,
  nodes: network.nodes.length,
  mebibytes: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(`${JSON.stringify(report)}\n`)
for await (const _ of process.stdin);
const ending = performance.now()
await fabric.close()
process.stdout.write(`${JSON.stringify({ down: elapsed(ending) })}\n`)
process.exit(0)
