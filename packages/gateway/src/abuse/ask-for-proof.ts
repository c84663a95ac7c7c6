import { EdnsOptionCode } from '@signpost/dns'
import type { Refusal } from '../outcome.ts'
import type { Query } from '../query.ts'

/**
 * Asks a client to show that it gets what is sent to its address. One that knows cookies gets one and asks again (RFC 7873,
 * section 5.2.3); any other comes back over TCP.
 */
export function askForProof({ message }: Query): Refusal {
  const knowsCookies = message.edns?.options.some(({ code }) => code === EdnsOptionCode.COOKIE)
  return { kind: knowsCookies === true ? 'bad-cookie' : 'over-tcp' }
}
