import { describe, expect, it } from 'vitest'
import { compileDeployment } from '../../dataplane/index.ts'
import { loadNetwork } from '../../model/index.ts'
import { derivePolicy } from '../../policy/index.ts'
import { runAcceptance } from '../acceptance.ts'
import { describeNegativeControls } from '../testing/negative-controls.ts'
import { bringUpPortable } from './index.ts'

describe('portable: the acceptance matrix of the example', () => {
  it('agrees everywhere, and every drop is accounted for', async () => {
    const { network } = loadNetwork('examples/two-sites/network.yaml')
    if (!network) throw new TypeError('load the example: it has mistakes')
    const policy = derivePolicy(network)
    const deployment = compileDeployment(network, policy)
    const fabric = await bringUpPortable({ network, deployment })
    const { disagreed, unexplained, agreed } = await runAcceptance({ fabric, network, policy, deployment })
    expect(disagreed).toEqual([])
    expect(unexplained).toEqual([])
    expect(agreed).toBeGreaterThan(5000)
  })
})

describeNegativeControls('portable', bringUpPortable)
