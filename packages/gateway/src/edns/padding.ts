import { type EdnsOption, EdnsOptionCode } from '@signpost/dns'

/** RFC 8467, section 4.1: the lengths of replies are multiples of it, so that they say little about what is inside. */
const BLOCK = 468
const OPTION_HEADER = 4

/**
 * The Padding option that fills a reply up (RFC 7830); undefined where there is no room for one.
 * @param length octets of the reply without it.
 * @param limit octets that the reply may have.
 */
export function paddingFor(length: number, limit: number): EdnsOption | undefined {
  const bare = length + OPTION_HEADER
  if (bare > limit) return undefined
  const padded = Math.min(Math.ceil(bare / BLOCK) * BLOCK, limit)
  return { code: EdnsOptionCode.PADDING, data: new Uint8Array(padded - bare) }
}
