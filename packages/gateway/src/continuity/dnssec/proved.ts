import type { Name } from '@signpost/dns'
import { RecentMap } from '../../abuse/recent-map.ts'

/** Names of which something is remembered. The keys of one zone take 500 octets, and nine kilobytes at most. */
const CAPACITY = 1000
/** Seconds for which it is at most. */
const LONGEST = 86_400

/**
 * Remembers what was proved of names for as long as the records' TTLs and signatures allow (RFC 4035, section 5.3.3).
 * Doubts do not belong here: who controls the path for a minute causes them for a minute.
 */
export class Proved<V> {
  private readonly known = new RecentMap<{ readonly value: V; readonly until: number }>(CAPACITY)

  /** @param now seconds since 1970. */
  find(name: Name, now: number): V | undefined {
    const known = this.known.get(name.key)
    return known !== undefined && now < known.until ? known.value : undefined
  }

  /** @param ttl seconds. */
  note(name: Name, value: V, ttl: number, now: number): void {
    this.known.add(name.key, { value, until: now + Math.min(ttl, LONGEST) })
  }
}
