import { type Edns, type EdnsOption, EdnsOptionCode } from '@signpost/dns'
import type { Limits } from '../limits.ts'
import type { Client, Transport } from '../query.ts'
import type { CookieSecrets } from './cookie-secrets.ts'
import { decodeCookie, judgeCookie } from './cookies.ts'

/** What a client's EDNS options say about itself, and what they ask of the reply. */
export interface Terms {
  readonly addressProven: boolean
  /** They go with the reply, whatever the outcome is. */
  readonly options: readonly EdnsOption[]
  /** The reply is to be filled up, so that its length says little (RFC 8467). */
  readonly padded: boolean
}

/** Reads a query's EDNS. `malformed` is a format error. */
export type ReadTerms = (edns: Edns | undefined, transport: Transport, client: Client) => Terms | 'malformed'

export interface TermsParts {
  readonly secrets: CookieSecrets
  readonly limits: Pick<Limits, 'tcpIdle' | 'tlsIdle'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Those of a query without EDNS, or with no option that is known here. */
export function plainTerms(transport: Transport): Terms {
  return transport === 'udp' ? unproven : proven
}

const unproven: Terms = { addressProven: false, options: [], padded: false }
// A client that does not get what is sent to its address never gets past the handshake.
const proven: Terms = { ...unproven, addressProven: true }

/**
 * Of all options, four count: cookies, keepalive, padding, and extended errors, which go out with whatever has some.
 * All others are as if they were not there (RFC 6891, section 6.1.2), client subnet (RFC 7871) among them: it goes
 * neither to an upstream nor into the cache, and so not into the reply.
 */
export function createTerms({ secrets, limits, now }: TermsParts): ReadTerms {
  return (edns, transport, client) => {
    // The options of another version may mean anything.
    if (edns === undefined || edns.options.length === 0 || edns.version !== 0) return plainTerms(transport)
    let { addressProven, padded } = plainTerms(transport)
    const options: EdnsOption[] = []
    // An option that stands twice counts once, the first time (RFC 7873, section 5.2).
    const first = (code: number): EdnsOption | undefined => edns.options.find(option => option.code === code)

    const cookie = first(EdnsOptionCode.COOKIE)
    if (cookie !== undefined) {
      const decoded = decodeCookie(cookie.data)
      if (decoded === undefined) return 'malformed'
      // A reply over HTTPS may be kept by caches on its way, and is to be the same for all.
      if (transport !== 'https') {
        const verdict = judgeCookie(decoded, client.address, Math.floor(now() / 1000), secrets)
        addressProven ||= verdict.proven
        options.push(verdict.option)
      }
    }
    // RFC 7828, section 3.2: over UDP it is ignored; HTTP has means of its own.
    const keepalive = transport === 'tcp' || transport === 'tls' ? first(EdnsOptionCode.KEEPALIVE) : undefined
    if (keepalive !== undefined) {
      if (keepalive.data.length > 0) return 'malformed'
      options.push(keepaliveFor(transport === 'tls' ? limits.tlsIdle : limits.tcpIdle))
    }
    // RFC 7830, section 6: where everybody can read the message, hiding its length is of no use.
    if (transport === 'tls' || transport === 'https') padded = first(EdnsOptionCode.PADDING) !== undefined
    return { addressProven, options, padded }
  }
}

/** @param idle milliseconds; on the wire they are units of a tenth of a second, in sixteen bits. */
function keepaliveFor(idle: number): EdnsOption {
  const units = Math.min(Math.floor(idle / 100), 0xffff)
  return { code: EdnsOptionCode.KEEPALIVE, data: Uint8Array.of(units >>> 8, units & 0xff) }
}
