import type { Stream } from '@libp2p/interface'
import {
  type KadMessage,
  MalformedKadMessageError,
  decodeKadMessage,
  encodeKadMessage,
  encodeVarint,
} from './kad-message.ts'

/**
 * Octets of one message that are read, where libp2p reads four million: a record of 10,240, and forty peers with more
 * than a kilobyte of addresses each.
 */
export const LONGEST_MESSAGE = 65_536

/** Octets in which the length before a message is written: up to 2^28. */
const LONGEST_PREFIX = 4

/** Reads the length that stands before each message on a stream, octet by octet. */
export class LengthPrefix {
  private value = 0
  private octets = 0

  /** Returns the length with its last octet. @throws MalformedKadMessageError */
  take(octet: number): number | undefined {
    if (this.octets === LONGEST_PREFIX)
      throw new MalformedKadMessageError('it is longer than any that there is')
    this.value += (octet & 0x7f) * 2 ** (7 * this.octets++)
    return octet < 0x80 ? this.value : undefined
  }
}

/**
 * Sends a request on a stream and reads the answer: of one that is longer than {@link LONGEST_MESSAGE} the beginning,
 * which is where the record is.
 * @throws MalformedKadMessageError; the signal's reason; what libp2p throws for a stream that ends.
 */
export async function exchange(
  stream: Stream,
  request: KadMessage,
  signal: AbortSignal | undefined,
): Promise<KadMessage> {
  signal?.throwIfAborted()
  const giveUp = (): void => {
    const { reason }: { readonly reason?: unknown } = signal ?? {}
    stream.abort(reason instanceof Error ? reason : new Error('the request was given up'))
  }
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const octets = encodeKadMessage(request)
    stream.send(Buffer.concat([encodeVarint(octets.length), octets]))
    return await readAnswer(stream)
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

async function readAnswer(stream: Stream): Promise<KadMessage> {
  const prefix = new LengthPrefix()
  let length: number | undefined
  let answer: Uint8Array | undefined
  let read = 0
  for await (const data of stream)
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      let at = 0
      while (length === undefined && at < chunk.length) length = prefix.take(chunk[at++] ?? 0)
      if (length === undefined) continue
      answer ??= new Uint8Array(Math.min(length, LONGEST_MESSAGE))
      const part = chunk.subarray(at, at + answer.length - read)
      answer.set(part, read)
      read += part.length
      if (read < answer.length) continue
      const isWhole = answer.length === length
      if (!isWhole) stream.abort(new MalformedKadMessageError('the rest of it is more than anybody reads'))
      return decodeKadMessage(answer, isWhole)
    }
  throw new MalformedKadMessageError('it ends before it is whole')
}
