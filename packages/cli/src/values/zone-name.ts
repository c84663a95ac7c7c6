import { type ZoneId, apexOf, zoneIdOfName } from '@signpost/core'
import { Name, parseName } from '@signpost/dns'
import { parseUnicodeName } from '@signpost/dns/idna'
import { UsageError } from '../errors.ts'
import type { Petnames } from '../petnames/petname.ts'

export interface ZoneName {
  readonly zoneId: ZoneId
  /** As the zone has it: its last label is the zone ID. */
  readonly name: Name
}

/**
 * Reads a name in a signed zone: `www.<zoneid>` or `www.<petname>`, with or without one of the suffixes and the final
 * dot, in any letter case.
 * @throws UsageError
 */
export function parseZoneName(text: string, suffixes: readonly string[], petnames: Petnames): ZoneName {
  const whole = readName(text)
  const suffix = suffixes
    .map(candidate => parseName(candidate))
    .find(candidate => whole.isAtOrBelow(candidate))
  const name = suffix === undefined ? whole : whole.rebase(suffix, Name.root)
  const zoneId = zoneIdOfName(name)
  if (zoneId !== undefined) return { zoneId, name }
  const known = petnames.get(lastLabel(name))
  if (known !== undefined) return { zoneId: known, name: name.rebase(topOf(name), apexOf(known)) }
  throw new UsageError(
    `"${text}" is not in a signed zone: its last label${suffix === undefined ? '' : ' before the suffix'} is neither a zone ID (k51…, 62 characters) nor a petname; give a zone a petname with: signpost name add alice k51…`,
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

// The name that is the last label alone.
function topOf(name: Name): Name {
  let top = name
  while (top.labelCount > 1) top = top.parent
  return top
}

function lastLabel(name: Name): string {
  return topOf(name).toString().slice(0, -1).toLowerCase()
}
