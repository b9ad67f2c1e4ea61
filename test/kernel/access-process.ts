/** Run by `known-lab.ts` as a process of its own: the small network, known by its socket, until it is ended. */
import { compileDeployment } from '../../src/dataplane/index.ts'
import { bringUpKernel, makeKnown, RunningNetwork } from '../../src/lab/index.ts'
import { smallNetwork } from '../../src/lab/testing/small-network.ts'
import { derivePolicy } from '../../src/policy/index.ts'

const network = smallNetwork()
const policy = derivePolicy(network)
const deployment = compileDeployment(network, policy)
bringUpKernel({ network, deployment }).then(async (fabric) => {
  const running = new RunningNetwork('small', fabric, { network, policy, deployment })
  const presence = await makeKnown(running, fabric.namespaces)
  process.once('SIGTERM', async () => {
    await presence.close()
    await fabric.close()
    process.exit(0)
  })
  process.stdout.write('up\n')
})
