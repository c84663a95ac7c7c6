import { type Message, Rcode, RrType, decodeMessage } from '@signpost/dns'
import { negativeTtlOf } from '../../cache/lifetime.ts'

/** RFC 8484, section 6. */
export const DNS_MESSAGE = 'application/dns-message'

/** What goes back to an HTTP client. */
export interface HttpResponse {
  readonly status: number
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const text = new TextEncoder()

/** An error for people to read: one sentence that says what is right. */
export function refusal(
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return response(status, 'text/plain; charset=utf-8', 'no-store', text.encode(`${sentence}\n`), headers)
}

/** The response with a DNS reply, whatever the rcode is (RFC 8484, section 4.2.1); undefined is silence. */
export function responseTo(reply: Uint8Array | undefined): HttpResponse {
  if (reply === undefined) return refusal(400, 'That is no DNS query.')
  const message = readReply(reply)
  const seconds = message && freshnessOf(message)
  return response(200, DNS_MESSAGE, seconds === undefined ? 'no-store' : `max-age=${seconds}`, reply)
}

/**
 * Seconds for which HTTP caches may keep a reply (RFC 8484, section 5.1): the least TTL of its answers, and where they
 * end in a denial, what its SOA says (RFC 2308, section 5). Undefined for failures, and where nothing says how long.
 */
export function freshnessOf(reply: Message): number | undefined {
  if (reply.rcode !== Rcode.NOERROR && reply.rcode !== Rcode.NXDOMAIN) return undefined
  const ttls = reply.answers.map(record => record.ttl)
  const soa = reply.authorities.find(record => record.type === RrType.SOA)
  if (soa !== undefined) ttls.push(negativeTtlOf(soa))
  return ttls.length === 0 ? undefined : Math.min(...ttls)
}

// A reply that is not understood here is not for this place to judge, nor is it worth keeping.
function readReply(reply: Uint8Array): Message | undefined {
  try {
    return decodeMessage(reply)
  } catch {
    return undefined
  }
}

function response(
  status: number,
  contentType: string,
  cacheControl: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: {
      'content-type': contentType,
      'content-length': String(body.length),
      'cache-control': cacheControl,
      ...headers,
    },
    body,
  }
}
