import { type ZoneId, zoneIdOfName } from '@signpost/core'
import { Name, parseName } from '@signpost/dns'
import { parseUnicodeName } from '@signpost/dns/idna'
import { UsageError } from '../errors.ts'

export interface ZoneName {
  readonly zoneId: ZoneId
  /** As the zone has it: its last label is the zone ID. */
  readonly name: Name
}

/**
 * Reads a name in a signed zone: `www.<zoneid>`, with or without one of the suffixes and the final dot, in any letter
 * case.
 * @throws UsageError
 */
export function parseZoneName(text: string, suffixes: readonly string[]): ZoneName {
  const whole = readName(text)
  const suffix = suffixes
    .map(candidate => parseName(candidate))
    .find(candidate => whole.isAtOrBelow(candidate))
  const name = suffix === undefined ? whole : whole.rebase(suffix, Name.root)
  const zoneId = zoneIdOfName(name)
  if (zoneId !== undefined) return { zoneId, name }
  throw new UsageError(
    `"${text}" is not in a signed zone: its last label${suffix === undefined ? '' : ' before the suffix'} is no zone ID (k51…, 62 characters)`,
  )
}

/**
 * Reads any name, in Unicode too.
 * @throws UsageError
 */
export function readName(text: string): Name {
  try {
    return parseUnicodeName(text)
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}
