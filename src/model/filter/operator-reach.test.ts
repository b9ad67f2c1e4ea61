import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseNetwork } from '../index.ts'

const example = 'examples/two-sites/network.yaml'

/** Warnings about rules of the operator's list. */
function warnings(...rules: readonly string[]): readonly string[] {
  const list = `    hosts: 3\n    acl-rules: [${rules.join(', ')}]\n`
  const text = readFileSync(example, 'utf8').replace('    hosts: 3\n', list)
  return parseNetwork(text, { file: example }).diagnostics.map(
    ({ code, severity, message }) => `${severity} ${code} ${message}`,
  )
}

it.each([
  ['{ name: telnet, deny: in, to: vms, ports: 23 }', 'destinations'],
  ['{ name: telnet, deny: in, to: [shop/web, 10.0.0.0/9], ports: 23 }', 'destinations'],
  ['{ name: mail, deny: out, from: vms, ports: 25 }', 'sources'],
])('%s can meet no packet', (rule, which) => {
  const name = /name: (\w+)/.exec(rule)?.[1]
  expect(warnings(rule)).toEqual([
    `warning GL2121 rule '${name}' can meet no packet: its ${which} are inside, and access routers see public addresses`,
  ])
})

it.each([
  ['{ name: telnet, deny: in, to: vips, ports: 23 }'],
  ['{ name: telnet, deny: in, to: [vips, vms], ports: 23 }'],
  ['{ name: spoofed, deny: in, from: vms }'],
  ['{ name: telnet, deny: in, ports: 23 }'],
])('%s can', (rule) => expect(warnings(rule)).toEqual([]))
