import { askForProof } from '../abuse/ask-for-proof.ts'
import type { Handler } from '../handler.ts'

/**
 * Lets only those through whose address is proven, so that nobody can have answers sent to somebody else. A client that
 * knows cookies gets one and asks again (RFC 7873, section 5.2.3); any other comes back over TCP.
 */
export function requireProvenAddress(): Handler {
  return (query, next) => (query.addressProven ? next(query) : askForProof(query))
}
