import { type EdnsOption, EdnsOptionCode } from '@signpost/dns'

/** RFC 8467, section 4.1: the lengths of replies are multiples of it, so that they say little about what is inside. */
const REPLY_BLOCK = 468
const OPTION_HEADER = 4

/**
 * The Padding option that fills a message up (RFC 7830); undefined where there is no room for one.
 * @param length octets of the message without it.
 * @param limit octets that the message may have.
 * @param block of which the length becomes a multiple.
 */
export function paddingFor(
  length: number,
  limit: number,
  block: number = REPLY_BLOCK,
): EdnsOption | undefined {
  const bare = length + OPTION_HEADER
  if (bare > limit) return undefined
  const padded = Math.min(Math.ceil(bare / block) * block, limit)
  return { code: EdnsOptionCode.PADDING, data: new Uint8Array(padded - bare) }
}
