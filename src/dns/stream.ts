/** Messages on a byte stream: each after its length in two bytes (RFC 1035 section 4.2.2, RFC 7766 section 8). */

/** The message with its length before it. Throws `RangeError` above 65535 bytes. */
export function frameMessage(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff)
    throw new RangeError(`frame message: ${message.length} bytes; give at most 65535`)
  const framed = new Uint8Array(2 + message.length)
  framed.set([message.length >>> 8, message.length & 0xff])
  framed.set(message, 2)
  return framed
}

/** Cuts a stream into messages, however it is chopped. Holds at most the unfinished message and the last chunk. */
export class MessageReader {
  #held: Uint8Array = new Uint8Array(0)

  /** Messages that are complete with this chunk. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const messages: Uint8Array[] = []
    let at = 0
    while (at + 2 <= bytes.length) {
      const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
      if (end > bytes.length) break
      messages.push(bytes.subarray(at + 2, end))
      at = end
    }
    this.#held = bytes.slice(at)
    return messages
  }
}
