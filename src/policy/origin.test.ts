import { expect, test } from 'vitest'
import { loadNetwork } from '../model/index.ts'
import { derivePolicy } from './derive/index.ts'
import { formatOrigin, isWritten } from './origin.ts'
import { rulesOf } from './policy.ts'

test('who wrote a rule is known of every rule', () => {
  const { network } = loadNetwork('examples/two-sites/network.yaml')
  if (!network) throw new Error('the example does not load')
  const origins = derivePolicy(network)
    .points.flatMap(rulesOf)
    .map(({ rule }) => rule.origin)
  const [written, made] = [origins.filter(isWritten), origins.filter((origin) => !isWritten(origin))]
  for (const origin of written) expect(formatOrigin(origin)).toMatch(/^\S*examples\/two-sites\/\S+:\d+:\d+/)
  for (const origin of made)
    expect(formatOrigin(origin)).toMatch(/^(template|built-in) |^glacis\/templates\//)
  expect(written.length).toBeGreaterThan(50)
  expect(made.length).toBeGreaterThan(written.length)
})
