import { Name } from '@signpost/dns'

/** A name as it stands in the zone file of a zone that it is in: `www`, or `@` for the apex. */
export function relativeName(name: Name, apex: Name): string {
  if (!name.isAtOrBelow(apex)) return name.toString()
  if (name.equals(apex)) return '@'
  return name.rebase(apex, Name.root).toString().slice(0, -1)
}
