/**
 * Golden cases of plans: from `plan/old.yaml` to `plan/<name>/network.yaml`, as a user sees them in `plan.txt` and as text for a pull request in
 * `plan.md`. `npx vitest run test/case/plan.test.ts --update` rewrites them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/cli/render/plan/plan.ts'
import { planMarkdown } from '../../src/cli/render/plan/plan-markdown.ts'
import { planText } from '../../src/cli/render/plan/plan-text.ts'
import { fingerprintOf } from '../../src/lab/index.ts'
import { type Network, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { brokenBy, changeBetween } from '../../src/verify/index.ts'

const cases = new URL('plan/', import.meta.url)
const names = readdirSync(cases).filter((name) => !name.endsWith('.yaml'))

function load(path: string, file: string) {
  const network = parseNetwork(readFileSync(new URL(path, cases)), { file }).network as Network
  return { network, policy: derivePolicy(network) }
}

function planOf(name: string): Plan {
  const old = load('old.yaml', 'old.yaml')
  const next = load(`${name}/network.yaml`, 'network.yaml')
  return {
    network: next.network.name,
    old: { file: 'old.yaml', fingerprint: fingerprintOf(old.network, old.policy) },
    next: { file: 'network.yaml', fingerprint: fingerprintOf(next.network, next.policy) },
    change: changeBetween(old, next),
    broken: brokenBy(old, next),
    seconds: 0,
  }
}

describe('a plan', () => {
  it.each(names)('%s', async (name) => {
    const plan = planOf(name)
    const at = (file: string) => new URL(`${name}/${file}`, cases).pathname
    // How many invariants there are is not what these are about.
    const settled = (text: string) => text.replaceAll(/\d+ invariants/g, 'N invariants')
    await expect(settled(`${planText(plan, picocolors.createColors(false))}\n`)).toMatchFileSnapshot(
      at('plan.txt'),
    )
    await expect(settled(`${planMarkdown(plan)}\n`)).toMatchFileSnapshot(at('plan.md'))
  })

  it('of a site by another name shows a packet of each difference', () => {
    const old = load('old.yaml', 'old.yaml')
    const text = readFileSync(new URL('old.yaml', cases), 'utf8').replaceAll(/\bwest\b/g, 'south')
    const network = parseNetwork(text, { file: 'network.yaml' }).network as Network
    const { reach } = changeBetween(old, { network, policy: derivePolicy(network) })
    expect(reach.length).toBeGreaterThan(10)
    expect(
      reach.filter(({ example }) => !example).map(({ targets }) => targets.map(({ name }) => name)),
    ).toEqual([])
  })
})
