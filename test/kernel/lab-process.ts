/** Run by `lab-lifetime.test.ts` as a process of its own: brings the small network up, announces it, and keeps it until it is ended. */
import { compileDeployment } from '../../src/dataplane/index.ts'
import { announce, bringUpKernel, withdraw } from '../../src/lab/index.ts'
import { smallNetwork } from '../../src/lab/testing/small-network.ts'
import { derivePolicy } from '../../src/policy/index.ts'

const name = process.argv[2] ?? 'small'
const network = smallNetwork()
const deployment = compileDeployment(network, derivePolicy(network))
bringUpKernel({ network, deployment }).then((fabric) => {
  announce({ name, file: network.file, network, namespaces: fabric.namespaces })
  process.once('SIGTERM', async () => {
    await fabric.close()
    withdraw(name)
    process.exit(0)
  })
  process.stdout.write('up\n')
  setInterval(() => {}, 1000)
})
