import { expect, test } from 'vitest'
import { generateNetwork, loadNetwork, parseNetwork } from '../../model/index.ts'
import { openTerminal } from '../terminal.ts'
import { invitation } from './invitation.ts'

const terminal = openTerminal({ json: false, environment: { NO_COLOR: '1' } })

test('commands to copy, each about something that the network has', () => {
  const { network } = loadNetwork('examples/two-sites/network.yaml')
  if (!network) throw new TypeError('load the example: it has mistakes')
  expect(invitation(network, network.file, network.name, terminal)).toMatchInlineSnapshot(`
    "● two-sites is up. In another terminal:

        find a service   bin/glacis shell internet -- dig +short shop.west.cloudapp.example
        use it           bin/glacis shell internet -- curl -sk https://shop.west.cloudapp.example/
        enter a machine  bin/glacis shell west/jump1
        watch a router   bin/glacis shell west/ar1 -- tcpdump -ni any
        watch drops      bin/glacis watch --verdict deny
        explain a drop   bin/glacis trace examples/two-sites/network.yaml --from internet --to west/jump1 --proto icmp --live

    Ctrl-C here, or 'bin/glacis down two-sites' there, takes it down."
  `)
})

test('a network without services has no commands about them, and odd file names are quoted', () => {
  const { network } = parseNetwork(generateNetwork({ vms: 0 }))
  if (!network) throw new TypeError('generate a network: it has mistakes')
  const text = invitation(network, "my 'net'.yaml", 'bare', terminal)
  expect(text).not.toMatch(/curl|dig/)
  expect(text).toContain(String.raw`trace 'my '\''net'\''.yaml' --from internet`)
  expect(text).toContain("down bare'")
  expect(text).toContain('--live --name bare')
  expect(invitation(network, 'x.yaml', network.name, terminal, 'portable')).not.toMatch(/shell|--name/)
})
