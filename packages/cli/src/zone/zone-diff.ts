import { type Zone, diffZones, printZoneDiff } from '@signpost/core'

/** What a new version of a zone changes, as lines of a zone file. */
export interface ZoneDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Both, each behind `+ ` or `- `, RRset by RRset. */
  readonly lines: readonly string[]
}

export function zoneDiff(before: Zone | undefined, after: Zone | undefined): ZoneDiff {
  const id = (after ?? before)?.id
  const lines = id === undefined ? [] : printZoneDiff(diffZones(before, after), id)
  return { added: behind('+ ', lines), removed: behind('- ', lines), lines }
}

function behind(sign: string, lines: readonly string[]): string[] {
  return lines.filter(line => line.startsWith(sign)).map(line => line.slice(sign.length))
}
