/** Small files that stand for very much: each is refused, and soon. */
import { describe, expect, it } from 'vitest'
import { DiagnosticLog, SourceText } from '../../../file/index.ts'
import { readSecurityGroup } from './security-group.ts'

const reasons = (value: unknown): readonly string[] => {
  const log = DiagnosticLog()
  const group = readSecurityGroup(SourceText('g.json', JSON.stringify(value)), {}, log)
  expect(group).toBeUndefined()
  return log.entries.map(({ message }) => message)
}
const group = (properties: unknown, more: object = {}) => ({
  type: 'Microsoft.Network/networkSecurityGroups',
  name: 'g',
  properties,
  ...more,
})
const many = { name: 'i', count: 10_000 }
const doubling = (start: string, step: (before: string) => string) =>
  Object.fromEntries([
    ['v0', start],
    ...Array.from({ length: 30 }, (_, i) => [`v${i + 1}`, step(`variables('v${i}')`)]),
  ])

describe('a file that would take too much', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'loops in loops',
      {
        resources: [
          {
            type: 'Microsoft.Resources/deployments',
            name: 'd',
            copy: many,
            properties: { template: { resources: [group({}, { copy: many })] } },
          },
        ],
      },
      /too long/,
    ],
    [
      'text that doubles',
      {
        variables: doubling('x', (v) => `[concat(${v}, ${v})]`),
        resources: [group({ securityRules: "[variables('v30')]" })],
      },
      /more than/,
    ],
    [
      'arrays that double',
      {
        variables: doubling("[createArray('x')]", (v) => `[concat(${v}, ${v})]`),
        resources: [group({ securityRules: "[variables('v30')]" })],
      },
      /more than/,
    ],
    [
      'arrays in arrays',
      {
        variables: doubling("[createArray('x')]", (v) => `[createArray(${v}, ${v})]`),
        resources: [group({ securityRules: "[variables('v30')]" })],
      },
      /more than/,
    ],
    [
      'long expressions in a loop',
      {
        resources: [
          group({
            copy: [{ ...many, name: 'securityRules', input: `[concat(${"'abcd',".repeat(3000)}'')]` }],
          }),
        ],
      },
      /too long/,
    ],
    [
      'a template in a template',
      Array.from({ length: 12 }).reduce<object>(
        (inner) => ({
          resources: [
            { type: 'Microsoft.Resources/deployments', name: 'd', properties: { template: inner } },
          ],
        }),
        { resources: [] },
      ),
      /nested too deeply/,
    ],
    [
      'more rules than Azure allows',
      { resources: [group({ securityRules: Array.from({ length: 1001 }, () => ({})) })] },
      /Azure allows 1000/,
    ],
    [
      'more loops than ARM allows',
      { resources: [group({}, { copy: { name: 'i', count: 1e9 } })] },
      /the count of a loop/,
    ],
    [
      'a variable within itself',
      {
        variables: { a: { b: "[variables('a').b]" } },
        resources: [group({ securityRules: "[variables('a').b]" })],
      },
      /nested too deeply|itself/,
    ],
  ])('%s', (_, value, reason) => expect(reasons(value).join('\n')).toMatch(reason))
})
