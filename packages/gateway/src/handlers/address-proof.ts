import { EdnsOptionCode } from '@signpost/dns'
import type { Handler } from '../handler.ts'

/**
 * Lets only those through whose address is proven, so that nobody can have answers sent to somebody else. A client that
 * knows cookies gets one and asks again (RFC 7873, section 5.2.3); any other comes back over TCP.
 */
export function requireProvenAddress(): Handler {
  return (query, next) => {
    if (query.addressProven) return next(query)
    const knowsCookies = query.message.edns?.options.some(({ code }) => code === EdnsOptionCode.COOKIE)
    return { kind: knowsCookies === true ? 'bad-cookie' : 'over-tcp' }
  }
}
