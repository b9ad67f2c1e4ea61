/** Answers to questions about the example, as a user sees them, in `why/NAME.txt`. `npx vitest run test/case/why.test.ts --update` rewrites them. */
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import { whyText } from '../../src/cli/render/why-text.ts'
import { type Ask, type Asked, loadNetwork, type Network, textOfQuestion } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { whyOf } from '../../src/verify/index.ts'

const loaded = loadNetwork('examples/two-sites/network.yaml')
const network = loaded.network as Network
const policy = derivePolicy(network)

const questions: Readonly<Record<string, Asked>> = {
  'by-vip': { from: 'internet', to: 'shop/web/https' },
  'no-endpoint': { from: 'internet', to: 'shop/worker', what: 'tcp 9000' },
  'another-role': { from: 'shop/web', to: 'shop/worker', what: 'tcp 9001' },
  'another-tenant': { from: 'telemetry/collector', to: 'shop/worker', what: 'tcp 9000' },
  'not-a-client': { from: 'west/vms', to: 'west/fc1', what: 'tcp fabric' },
  support: { from: 'west/jump1', to: 'west/host1', what: 'tcp agent' },
  'host-service': { from: 'west/shop-web-0', to: 'wire-server', what: 'tcp 80' },
  outward: { from: 'shop/worker', to: 'internet', what: 'tcp 25, 445' },
  'guest-firewall': { from: 'shop/web', to: 'telemetry/collector', what: 'udp 5140' },
  controller: { from: 'west/fc1', to: 'west/hosts', what: 'tcp agent' },
}

describe('why', () => {
  it.each(Object.entries(questions))('%s', async (name, asked) => {
    const { classes, diagnostics } = (loaded.ask as Ask)(asked)
    expect(diagnostics).toEqual([])
    const found = whyOf(network, policy, classes ?? [])
    for (const { confirmed } of found.changes) expect(confirmed).toBe(true)
    const text = whyText(textOfQuestion(asked), found, 0, picocolors.createColors(false))
    await expect(`${text}\n`).toMatchFileSnapshot(new URL(`why/${name}.txt`, import.meta.url).pathname)
  })
})
