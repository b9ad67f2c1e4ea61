import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatName, isWithin, name, nameKey, nameLength, parseName, readName, root } from './name.ts'
import { anyName } from './testing/arbitrary.ts'

describe('name text', () => {
  it.each([
    ['.', []],
    ['example', ['example']],
    ['www.Example.', ['www', 'Example']],
    ['a\\.b.c', ['a.b', 'c']],
    ['a\\\\.b', ['a\\', 'b']],
    ['a\\.', ['a.']],
    ['\\032\\255', [' \u00ff']],
    ['*.x', ['*', 'x']],
  ])('%s', (text, labels) => expect(parseName(text)).toEqual(labels))

  it.each([
    '',
    '..',
    '.a',
    'a..b',
    'a..',
    'a b',
    'é',
    'a\\',
    'a\\25',
    '\\256',
    'a'.repeat(64),
    'a.'.repeat(128),
  ])('refuses %j', (text) => {
    expect(parseName(text)).toBeUndefined()
    expect(() => name(text)).toThrow('parse name')
  })
  it('parse and format round trip', () => {
    fc.assert(fc.property(anyName, (value) => void expect(parseName(formatName(value))).toEqual(value)))
  })
  it('may be 255 bytes long on the wire', () => {
    expect(nameLength(name(`${'a.'.repeat(126)}b`))).toBe(255)
    expect(nameLength(root)).toBe(1)
  })
})

describe('names', () => {
  it('are equal whatever the case of their ASCII letters, and only then', () => {
    expect(nameKey(name('WWW.Example'))).toBe(nameKey(name('www.eXAMPLE')))
    expect(nameKey(name('a.bc'))).not.toBe(nameKey(name('ab.c')))
    expect(nameKey(name('a\\.b'))).not.toBe(nameKey(name('a.b')))
    expect(nameKey(['\u00c9'])).not.toBe(nameKey(['\u00e9']))
  })
  it('are within a zone by whole labels', () => {
    const zone = name('cloudapp.example')
    expect(['cloudapp.example', 'shop.CLOUDAPP.example'].every((text) => isWithin(name(text), zone))).toBe(
      true,
    )
    expect(['example', 'xcloudapp.example', '.', 'a'].some((text) => isWithin(name(text), zone))).toBe(false)
    expect(isWithin(name('a'), root)).toBe(true)
  })
})

describe('compressed names', () => {
  const bytes = (...parts: Array<number | string>) =>
    Uint8Array.from(
      parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')])),
    )

  it('follow pointers back', () => {
    const message = bytes(1, 'x', 0, 1, 'y', 0xc0, 0, 1, 'z', 0xc0, 3)
    expect(readName(message, 7)).toEqual({ name: ['z', 'y', 'x'], end: 11 })
    expect(readName(message, 9)).toEqual({ name: ['y', 'x'], end: 11 })
  })
  it.each<[string, Uint8Array, number]>([
    ['a pointer to itself', bytes(0xc0, 0), 0],
    ['a pointer forward', bytes(0xc0, 2, 1, 'a', 0), 0],
    ['a pointer into the labels that led to it', bytes(1, 'a', 0xc0, 0), 0],
    ['two pointers at each other', bytes(0xc0, 2, 0xc0, 0), 2],
    ['half a pointer', bytes(0, 0xc0), 1],
    ['a label type of old', bytes(0x40, 0), 0],
    ['a label cut off', bytes(3, 'ab'), 0],
    ['no end', bytes(1, 'a'), 0],
    ['nothing', bytes(), 0],
    ['an offset outside', bytes(0), 9],
  ])('refuse %s', (_, message, at) => expect(readName(message, at)).toBeUndefined())

  it('refuse a name that grows beyond 255 bytes through pointers', () => {
    const hop = (at: number) => [63, ...new Array<number>(63).fill(97), 0xc0, at]
    const message = Uint8Array.from([0, ...hop(0), ...hop(1), ...hop(67), ...hop(133)])
    expect(readName(message, 133)?.name).toHaveLength(3)
    expect(readName(message, 199)).toBeUndefined()
  })
  it('refuse a chain of pointers longer than any name', () => {
    const chain = Uint8Array.from([
      0,
      ...Array.from({ length: 200 }, (_, i) => (i === 0 ? [0xc0, 0] : [0xc0, 2 * i - 1])).flat(),
    ])
    expect(readName(chain, 1 + 2 * 126)).toEqual({ name: [], end: 1 + 2 * 127 })
    expect(readName(chain, 1 + 2 * 127)).toBeUndefined()
  })
})
