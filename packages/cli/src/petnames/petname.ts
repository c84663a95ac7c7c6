import type { ZoneId } from '@signpost/core'

/** The user's own short names for zone IDs, by petname in its form in DNS. */
export type Petnames = ReadonlyMap<string, ZoneId>

/** One label of the kind that host names have (RFC 1123, section 2.1), in lower case: never a path, the same everywhere. */
export function isPetname(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= 63
}
