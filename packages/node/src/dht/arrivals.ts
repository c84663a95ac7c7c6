import { MalformedKadMessageError } from './kad-message.ts'
import { LONGEST_MESSAGE, LengthPrefix } from './kad-stream.ts'

/**
 * Octets of requests on one stream that wait to be answered: one while another arrives. libp2p keeps four million for each
 * of 32 streams of a peer.
 */
export const WAITING_OCTETS: number = 2 * LONGEST_MESSAGE

/** Counts what arrives on a stream of requests, and what of it waits. No I/O. */
export class Arrivals {
  private prefix = new LengthPrefix()
  private prefixOctets = 0
  /** Octets of the message that arrives which are not here yet. */
  private missing = 0
  /** Octets of each message that waits, the one that arrives last. */
  private readonly messages: number[] = []
  private waiting = 0

  /** Takes the next octets. @throws MalformedKadMessageError for a message that is too long, and for too many. */
  take(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const part = Math.min(this.missing, octets.length - at)
      this.missing -= part
      at += part
      const octet = octets[at]
      if (octet === undefined) return
      at++
      this.prefixOctets++
      const length = this.prefix.take(octet)
      if (length !== undefined) this.begin(length)
    }
  }

  /** Takes note that the message which waited longest is being answered. */
  answered(): void {
    this.waiting -= this.messages.shift() ?? 0
  }

  private begin(length: number): void {
    if (length > LONGEST_MESSAGE)
      throw new MalformedKadMessageError(`it has ${length} octets, and ${LONGEST_MESSAGE} are the most`)
    const octets = this.prefixOctets + length
    this.messages.push(octets)
    this.waiting += octets
    this.missing = length
    this.prefix = new LengthPrefix()
    this.prefixOctets = 0
    if (this.waiting > WAITING_OCTETS)
      throw new MalformedKadMessageError('they come before the ones before them are answered')
  }
}
