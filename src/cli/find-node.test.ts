import { expect, test } from 'vitest'
import { CommandError } from './exit-code.ts'
import { findNode } from './find-node.ts'

const ids = ['internet', 'west/jump1', 'east/jump1', 'west/fc1']

test.each([
  ['internet', 'internet'],
  ['west/jump1', 'west/jump1'],
  ['fc1', 'west/fc1'],
])('%s is %s', (name, id) => {
  expect(findNode(ids, name)).toBe(id)
})

test.each<[name: string, says: string]>([
  ['jump1', 'say which: west/jump1, east/jump1'],
  ['west/jump2', "did you mean 'west/jump1'?"],
  ['fc', "did you mean 'west/fc1'?"],
  ['zzzzzz', 'it has internet, west/jump1'],
  ['', 'no such node'],
  ['west/', 'no such node'],
])("'%s' is none, and the message helps", (name, says) => {
  expect(() => findNode(ids, name)).toThrow(CommandError)
  expect(() => findNode(ids, name)).toThrow(says)
})
