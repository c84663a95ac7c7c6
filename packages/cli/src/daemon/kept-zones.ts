import { type ZoneId, parseZoneId } from '@signpost/core'
import type { DaemonClient } from './daemon-client.ts'

/** Milliseconds after which a daemon is asked again which zones it keeps alive. */
const REFRESH = 10_000

/** Which zones a daemon's node keeps alive, as of a moment ago. */
export class KeptZones {
  private readonly daemon: Pick<DaemonClient, 'call'>
  private zones: ReadonlySet<string> = new Set()
  private refreshedAt = -Infinity
  private refreshing: Promise<void> | undefined

  constructor(daemon: Pick<DaemonClient, 'call'>) {
    this.daemon = daemon
  }

  /** One that is new is known with the next question. */
  has(zoneId: ZoneId): boolean {
    const isKnown = this.zones.has(zoneId)
    if (!isKnown && performance.now() - this.refreshedAt > REFRESH) void this.refresh()
    return isKnown
  }

  /** Never rejects: a daemon that is away changes nothing. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.ask().finally(() => {
      this.refreshing = undefined
    })
    return this.refreshing
  }

  private async ask(): Promise<void> {
    this.refreshedAt = performance.now()
    try {
      const zones = await this.daemon.call('keptAlive', {})
      if (Array.isArray(zones)) this.zones = new Set(zones.map(zone => parseZoneId(String(zone))))
    } catch {
      // The news say that it is away.
    }
  }
}
