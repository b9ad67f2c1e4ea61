/**
 * The acceptance matrix must be able to fail: a rule is removed, or a hole added, in what runs but not in what is predicted, and the
 * matrix has to disagree in those cells, and in no other, whose outcome, or whose deciding rule, that fault changes.
 */
import { describe, expect, it } from 'vitest'
import { compileDeployment } from '../../dataplane/index.ts'
import { loadNetwork } from '../../model/index.ts'
import { derivePolicy, type Policy } from '../../policy/index.ts'
import {
  acceptanceMatrix,
  type Conversation,
  converse,
  createWorld,
  type MatrixProbe,
} from '../../trace/index.ts'
import { runAcceptance } from '../acceptance.ts'
import type { Fabric, FabricOptions } from '../fabric.ts'
import { withHole, withoutRule } from './mutate-policy.ts'

export function describeNegativeControls(
  name: string,
  bringUp: (options: FabricOptions) => Promise<Fabric>,
): void {
  const { network } = loadNetwork('examples/two-sites/network.yaml')
  if (!network) throw new TypeError('load the example: it has mistakes')
  const policy = derivePolicy(network)

  /** Cells that `fault` changes, by the tracer; and cells in which the matrix disagreed, with the fault in force. */
  async function cells(fault: Policy): Promise<{ expected: readonly string[]; found: readonly string[] }> {
    if (!network) throw new TypeError('no network')
    const [sound, faulty] = [createWorld(network, policy), createWorld(network, fault)]
    const expected = acceptanceMatrix(network).filter(
      ({ opening }) => verdictOf(converse(sound, opening)) !== verdictOf(converse(faulty, opening)),
    )
    const deployment = compileDeployment(network, fault)
    const fabric = await bringUp({ network, deployment })
    try {
      const { disagreed } = await runAcceptance({ fabric, network, policy, deployment })
      return { expected: expected.map(cellOf), found: disagreed.map(({ probe }) => cellOf(probe)) }
    } finally {
      await fabric.close()
    }
  }

  describe(`${name}: the acceptance matrix fails where it must`, () => {
    it('when a role rule is removed', async () => {
      const { expected, found } = await cells(
        withoutRule(policy, 'west/host1/vm/shop-web-0/in', 'role', 'role/https'),
      )
      expect(expected.length).toBeGreaterThan(0)
      expect(found).toEqual(expected)
    })
    it('when an access router lets internal destinations in', async () => {
      const west = ['west/ar1', 'west/ar2'].reduce(
        (changed, router) =>
          withoutRule(changed, `${router}/external/in`, 'internal-destinations', 'destination/internal'),
        policy,
      )
      const holed = ['west/ar1', 'west/ar2'].reduce(
        (changed, router) => withHole(changed, `${router}/external/in`, 'vips-only'),
        west,
      )
      const { expected, found } = await cells(holed)
      expect(expected.length).toBeGreaterThan(0)
      expect(found).toEqual(expected)
    })
    it('when a host partition is opened to all, and a machine that may then speak to it', async () => {
      const open = withHole(policy, 'west/host1/partition/in', 'host-config')
      const { expected, found } = await cells(withHole(open, 'west/storage1/native/out', 'machine-config'))
      expect(expected.length).toBeGreaterThan(0)
      expect(found).toEqual(expected)
    })
    it("when a VM's inward filter is opened to all", async () => {
      const { expected, found } = await cells(withHole(policy, 'west/host3/vm/shop-worker-0/in', 'role'))
      expect(expected.length).toBeGreaterThan(0)
      expect(found).toEqual(expected)
    })
  })
}

/** The outcome and, of a silent one, the rules that stop it: what the matrix observes. */
const verdictOf = ({ outcome, stops }: Conversation): string =>
  [
    outcome,
    ...stops.map(({ end }) => (end.kind === 'denied' ? `${end.point.id} ${end.rule.id}` : end.kind)),
  ].join()

const cellOf = ({ opening, target }: MatrixProbe): string =>
  `${opening.from} → ${target} ${opening.protocol} ${opening.destinationPort} ipv${opening.source.family}`
