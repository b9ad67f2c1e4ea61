import { expect, it } from 'vitest'
import { PrepareError } from './checkout.mjs'
import { checkNode, checkNodeForTests } from './node-version.mjs'

it.each(['20.0.0', '20.19.0', '21.1.0', '22.0.0', '24.1.0'])('Glacis runs on Node %s', (version) => {
  expect(() => checkNode(version)).not.toThrow()
})

it.each(['10.24.0', '18.20.1', '19.9.0'])('Glacis does not run on Node %s', (version) => {
  expect(() => checkNode(version)).toThrow(PrepareError)
  expect(() => checkNodeForTests(version)).toThrow(PrepareError)
})

it.each(['20.19.0', '22.12.0', '23.0.0', '24.1.0'])('tests run on Node %s', (version) => {
  expect(() => checkNodeForTests(version)).not.toThrow()
})

it.each(['20.0.0', '20.18.3', '21.7.0', '22.11.0'])('tests do not run on Node %s', (version) => {
  expect(() => checkNodeForTests(version)).toThrow('20.19, 22.12 or newer')
})
