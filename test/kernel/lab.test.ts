import { describe, expect, it } from 'vitest'
import { compileDeployment } from '../../src/dataplane/index.ts'
import { bringUpKernel, runAcceptance } from '../../src/lab/index.ts'
import { describeFabric } from '../../src/lab/testing/fabric-suite.ts'
import { describeNegativeControls } from '../../src/lab/testing/negative-controls.ts'
import { describeUpdate } from '../../src/lab/testing/update-suite.ts'
import { loadNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'

describeFabric('kernel', bringUpKernel)

describe('kernel: the acceptance matrix of the example', () => {
  it('agrees everywhere, and every drop is accounted for', async () => {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new TypeError('load the example: it has mistakes')
    const policy = derivePolicy(network)
    const deployment = compileDeployment(network, policy)
    const fabric = await bringUpKernel({ network, deployment })
    try {
      const { disagreed, unexplained, agreed } = await runAcceptance({ fabric, network, policy, deployment })
      expect(disagreed).toEqual([])
      expect(unexplained).toEqual([])
      expect(agreed).toBeGreaterThan(5000)
    } finally {
      await fabric.close()
    }
  }, 60_000)
})

describeNegativeControls('kernel', bringUpKernel)

describeUpdate('kernel', bringUpKernel)
