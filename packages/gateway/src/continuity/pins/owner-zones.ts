import type { Name } from '@signpost/dns'
import type { Found } from '../../outcome.ts'
import type { Query } from '../../query.ts'

/** Signed zones that owners of ordinary domains have pinned to them: a port. */
export interface OwnerZones {
  /**
   * What the owner's zone says about a question: `answer`, or a denial that the owner signed. Its `note` says for people
   * whose zone it is and how that is known; its provenance is verified only where DNSSEC proved the pin.
   * @returns undefined where the name's domain is pinned to no zone, where the zone cannot be had, or where it says nothing
   * about the name. Bounds its own time.
   */
  answer(query: Query): Promise<Found | undefined>
  /** Ordinary DNS had an answer for a name, so there may be a pin to learn. Returns at once, never throws. */
  noticed(name: Name): void
}
