import type { Name } from '@signpost/dns'
import { longestOf } from '../names.ts'
import type { Query } from '../query.ts'
import type { Group } from './fair-shares.ts'

/**
 * Whom a question counts for: its client; on this machine, where all programs have one address, also its socket; and
 * those all together who may be asking in the guise of somebody else, so that whoever shows its address finds room.
 */
export function clientGroups({ standing, client, addressProven }: Query): Group[] {
  const groups: Group[] = [{ kind: 'client', key: `client ${standing.network}`, weight: 1 }]
  if (standing.local) {
    groups.push({ kind: 'client', key: `socket ${client.address} ${client.port}`, weight: INNER })
  } else if (!addressProven) groups.push(UNPROVEN)
  return groups
}

const UNPROVEN: Group = { kind: 'unproven', key: 'unproven', weight: 1 }

/** What lies inside a group must not take all that the group may have. */
const INNER = 0.5

/**
 * What a question is about: the domain of two labels that its name is in, and inside it the one of three. One of them
 * is what somebody registered, `example.com` or `example.co.uk`; no list of public suffixes is needed to bound both. So
 * made-up names below one domain leave room for all others. For names of ours it is the suffix, and inside it the zone.
 */
export function domainGroups(name: Name, suffixes: readonly Name[]): Group[] {
  const outer = longestOf(suffixes, name)?.labelCount ?? 2
  return [
    { kind: 'domain', key: `domain ${ancestorKey(name, outer)}`, weight: 1 },
    { kind: 'domain', key: `inner ${ancestorKey(name, outer + 1)}`, weight: INNER },
  ]
}

/** The key of a name's last labels; its own where it has no more. */
function ancestorKey(name: Name, labels: number): string {
  let ancestor = name
  for (let above = name.labelCount - labels; above > 0; above--) ancestor = ancestor.parent
  return ancestor.key
}
