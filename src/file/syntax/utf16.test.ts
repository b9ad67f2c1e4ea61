import { expect, it } from 'vitest'
import { utf8Of } from './utf16.ts'

const text = '<a b="ü😀"/>'
const utf8 = new TextEncoder().encode(text)

it.each([
  ['little-endian with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['big-endian with a mark', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ['little-endian XML without a mark', Buffer.from(text, 'utf16le')],
  ['big-endian XML without a mark', Buffer.from(text, 'utf16le').swap16()],
])('%s becomes UTF-8', (_, bytes) => {
  expect(Buffer.from(utf8Of(bytes)).toString()).toBe(text)
})

it.each([
  ['UTF-8', utf8],
  ['an odd byte at the end', Buffer.concat([Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from([0])])],
  ['half of a surrogate pair', Buffer.from('\ufeff<\ud83d', 'utf16le')],
  ['nothing', new Uint8Array()],
])('%s is left as it is', (_, bytes) => expect(utf8Of(bytes)).toBe(bytes))
