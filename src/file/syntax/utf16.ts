/** UTF-16 text, as some editors of Windows save XML, becomes UTF-8. */

/**
 * UTF-8 bytes of UTF-16 text with a byte-order mark, or of XML without one (XML 1.0 appendix F.1); other bytes are given
 * back as they are, and so is UTF-16 that is damaged.
 */
export function utf8Of(bytes: Uint8Array): Uint8Array {
  const encoding = utf16Encoding(bytes)
  if (!encoding) return bytes
  try {
    return new TextEncoder().encode(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    return bytes
  }
}

function utf16Encoding([a, b]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return 'utf-16le'
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return 'utf-16be'
  return undefined
}
