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

/** Cuts a stream into messages, however it is chopped: each byte is copied once. Holds at most the unfinished message. */
export class MessageReader {
  readonly #length = new Uint8Array(2)
  #lengthBytes = 0
  /** Absent until its length is known. */
  #message: Uint8Array | undefined
  #filled = 0

  /** Messages that are complete with this chunk. */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      if (!this.#message) {
        this.#length[this.#lengthBytes++] = chunk[at++]!
        if (this.#lengthBytes < 2) continue
        this.#message = new Uint8Array((this.#length[0]! << 8) | this.#length[1]!)
      }
      const part = chunk.subarray(at, at + this.#message.length - this.#filled)
      this.#message.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled < this.#message.length) continue
      messages.push(this.#message)
      this.#message = undefined
      this.#lengthBytes = 0
      this.#filled = 0
    }
    return messages
  }
}
