import { RecentMap } from '../abuse/recent-map.ts'

/** Servers of which something is remembered: those to which zones hand labels are the zones' choice. */
const MEMORY = 2000

/**
 * Remembers something of servers, for a while: they may learn better. Times are milliseconds of a clock that never goes
 * back.
 */
export class ServerNotes<T> {
  private readonly lifetime: number
  private readonly servers = new RecentMap<{ readonly note: T; readonly until: number }>(MEMORY)

  /** @param lifetime milliseconds for which a note holds. */
  constructor(lifetime: number) {
    this.lifetime = lifetime
  }

  of(server: string, now: number): T | undefined {
    const known = this.servers.get(server)
    return known === undefined || now >= known.until ? undefined : known.note
  }

  write(server: string, note: T, now: number): void {
    this.servers.add(server, { note, until: now + this.lifetime })
  }
}

/** Milliseconds for which a server is known to lack something (RFC 6891, section 6.2.2: "a brief time"). */
export const BRIEF_TIME = 900_000
