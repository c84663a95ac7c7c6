import { type EdnsOption, EdnsOptionCode, parseIpv4, parseIpv6 } from '@signpost/dns'
import type { CookieSecrets } from './cookie-secrets.ts'
import {
  CLIENT_COOKIE_LENGTH,
  type CookieSource,
  checkServerCookie,
  makeServerCookie,
} from './server-cookie.ts'

/** What a COOKIE option holds (RFC 7873, section 4). */
export interface Cookie {
  readonly client: Uint8Array
  /** Absent where the client has none of this server yet. */
  readonly server?: Uint8Array
}

const SERVER_COOKIE_MIN = 8
const SERVER_COOKIE_MAX = 32

/** Undefined where the option is malformed, which is a format error (RFC 7873, section 5.2.2). */
export function decodeCookie(data: Uint8Array): Cookie | undefined {
  if (data.length < CLIENT_COOKIE_LENGTH) return undefined
  const client = data.subarray(0, CLIENT_COOKIE_LENGTH)
  if (data.length === CLIENT_COOKIE_LENGTH) return { client }
  const server = data.subarray(CLIENT_COOKIE_LENGTH)
  return server.length < SERVER_COOKIE_MIN || server.length > SERVER_COOKIE_MAX
    ? undefined
    : { client, server }
}

/** What a client's cookie comes to. */
export interface CookieVerdict {
  /** The client echoes what this server sent to its address. */
  readonly proven: boolean
  /** For the reply: the client's cookie, and the server cookie that it shall use from now on. */
  readonly option: EdnsOption
}

/**
 * Judges a cookie. One of another server, or one that is too old, is no offence: the client is treated as one that has
 * none yet (RFC 7873, section 5.2.4).
 * @param address the client's, as text.
 * @param now seconds since the epoch.
 */
export function judgeCookie(
  { client, server }: Cookie,
  address: string,
  now: number,
  secrets: CookieSecrets,
): CookieVerdict {
  const source: CookieSource = { clientCookie: client, address: octetsOf(address) }
  const [secret, ...older] = secrets.at(now) as [Uint8Array, ...Uint8Array[]]
  const verdict = server === undefined ? 'invalid' : checkServerCookie(server, source, now, secret)
  if (server !== undefined && verdict === 'valid')
    return { proven: true, option: encodeCookie(client, server) }
  const proven =
    verdict === 'renew' ||
    (server !== undefined &&
      older.some(earlier => checkServerCookie(server, source, now, earlier) !== 'invalid'))
  return { proven, option: encodeCookie(client, makeServerCookie(source, now, secret)) }
}

function encodeCookie(client: Uint8Array, server: Uint8Array): EdnsOption {
  const data = new Uint8Array(client.length + server.length)
  data.set(client)
  data.set(server, client.length)
  return { code: EdnsOptionCode.COOKIE, data }
}

// A link-local address has the name of its interface behind a "%".
function octetsOf(address: string): Uint8Array {
  return parseIpv4(address) ?? parseIpv6(address.split('%', 1)[0] as string) ?? new Uint8Array(16)
}
