/**
 * Takes a TCP stream apart into messages, each with two octets of its length before it (RFC 1035, section 4.2.2).
 * Holds one unfinished message at most, so at most 65,535 octets.
 */
export class FrameReader {
  private highOctet: number | undefined
  private unfinished: Uint8Array | undefined
  private filled = 0

  /** The stream stands inside a message, or inside its length. */
  get isInsideMessage(): boolean {
    return this.highOctet !== undefined || this.unfinished !== undefined
  }

  /** The messages that a chunk completes. They may share memory with the chunk. */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = []
    let at = 0
    const octet = (): number => chunk[at++] as number
    while (at < chunk.length) {
      if (this.unfinished !== undefined) {
        const piece = chunk.subarray(at, at + this.unfinished.length - this.filled)
        this.unfinished.set(piece, this.filled)
        this.filled += piece.length
        at += piece.length
        if (this.filled < this.unfinished.length) break
        messages.push(this.unfinished)
        this.unfinished = undefined
        continue
      }
      const high = this.highOctet ?? octet()
      if (at === chunk.length) {
        this.highOctet = high
        break
      }
      this.highOctet = undefined
      const length = (high << 8) | octet()
      if (chunk.length - at >= length) {
        messages.push(chunk.subarray(at, at + length))
        at += length
      } else {
        this.unfinished = new Uint8Array(length)
        this.filled = 0
      }
    }
    return messages
  }
}

/** A message with its length before it, in one piece, so that it goes out in one write. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 2)
  framed[0] = message.length >>> 8
  framed[1] = message.length & 0xff
  framed.set(message, 2)
  return framed
}
