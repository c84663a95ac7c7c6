import { sipHash24 } from './siphash.ts'

/** Octets of a client cookie (RFC 7873, section 4.1). */
export const CLIENT_COOKIE_LENGTH = 8
/** Octets of a secret. */
export const SECRET_LENGTH = 16

const VERSION = 1
const SERVER_COOKIE_LENGTH = 16
const HASH_OFFSET = 8

/** Seconds for which a server cookie is valid, for which it may lie in the future, and after which it is renewed. */
const MAX_AGE = 3600
const MAX_LEAD = 300
const RENEW_AFTER = 1800

/** What a server cookie is made of, beside the time and a secret. */
export interface CookieSource {
  readonly clientCookie: Uint8Array
  /** Four or sixteen octets. */
  readonly address: Uint8Array
}

/** @param time seconds since the epoch. */
export function makeServerCookie(source: CookieSource, time: number, secret: Uint8Array): Uint8Array {
  const cookie = new Uint8Array(SERVER_COOKIE_LENGTH)
  cookie[0] = VERSION
  new DataView(cookie.buffer).setUint32(4, time)
  cookie.set(hashOf(source, cookie, secret), HASH_OFFSET)
  return cookie
}

/**
 * Whether a server cookie is one that this server gave to this client within the last hour (RFC 9018, section 4.3);
 * `renew` where it is so old that the client shall have a new one.
 * @param time seconds since the epoch.
 */
export function checkServerCookie(
  cookie: Uint8Array,
  source: CookieSource,
  time: number,
  secret: Uint8Array,
): 'valid' | 'renew' | 'invalid' {
  if (cookie.length !== SERVER_COOKIE_LENGTH || cookie[0] !== VERSION) return 'invalid'
  const view = new DataView(cookie.buffer, cookie.byteOffset, cookie.length)
  // Serial number arithmetic (RFC 1982), since the time has 32 bits.
  const age = (time - view.getUint32(4)) | 0
  if (age > MAX_AGE || age < -MAX_LEAD) return 'invalid'
  if (!sameOctets(hashOf(source, cookie, secret), cookie.subarray(HASH_OFFSET))) return 'invalid'
  return age > RENEW_AFTER ? 'renew' : 'valid'
}

/** RFC 9018, section 4.4. The reserved octets count as they stand. */
function hashOf({ clientCookie, address }: CookieSource, cookie: Uint8Array, secret: Uint8Array): Uint8Array {
  const input = new Uint8Array(CLIENT_COOKIE_LENGTH + HASH_OFFSET + address.length)
  input.set(clientCookie)
  input.set(cookie.subarray(0, HASH_OFFSET), CLIENT_COOKIE_LENGTH)
  input.set(address, CLIENT_COOKIE_LENGTH + HASH_OFFSET)
  return sipHash24(secret, input)
}

/** In a time that does not tell where they differ. */
function sameOctets(some: Uint8Array, others: Uint8Array): boolean {
  let difference = 0
  for (const [at, octet] of some.entries()) difference |= octet ^ (others[at] as number)
  return difference === 0
}
