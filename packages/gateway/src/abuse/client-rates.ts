import type { Query } from '../query.ts'
import { RateMeters } from './rate-meters.ts'

/**
 * Rates of clients. Questions whose sender may be somebody else have a meter of their own: whoever floods in a client's
 * guise uses up that one, and the client, which is then told to show its address, goes on with the other.
 */
export class ClientRates {
  private readonly proven: RateMeters
  private readonly unproven: RateMeters

  /** @param clients how many are remembered. */
  constructor(perSecond: number, clients: number) {
    this.proven = new RateMeters(perSecond, clients)
    this.unproven = new RateMeters(perSecond, clients)
  }

  /** As {@link RateMeters.take}. */
  take(query: Query, now: number): number {
    return this.metersFor(query).take(query.standing.network, now)
  }

  /** As {@link RateMeters.charge}. */
  charge(query: Query, now: number): void {
    this.metersFor(query).charge(query.standing.network, now)
  }

  private metersFor({ addressProven }: Query): RateMeters {
    return addressProven ? this.proven : this.unproven
  }
}
