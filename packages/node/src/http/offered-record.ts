import { type ZoneId, routingKeyOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { NoRoomError } from '../dht/admission.ts'
import type { GuardedDatastore } from '../dht/guarded-datastore.ts'
import type { StaleSequenceError } from '../errors.ts'
import { type Refusal, reasonOf } from '../refusals.ts'
import { JointRouting } from '../routing/joint-routing.ts'
import type { Routing } from '../routing/routing.ts'

/** What became of a record that a stranger gave to this node. */
export type Offered =
  | { readonly kind: 'taken'; readonly acks: number; readonly asked: number }
  /** A record that is known wins over it; `current` is the sequence of that. */
  | { readonly kind: 'older'; readonly current: number }
  | { readonly kind: 'invalid'; readonly error: SignpostError }
  | { readonly kind: 'no-room'; readonly error: NoRoomError }

/** A network in which a record is kept, and given to others. */
export interface OfferNetwork {
  readonly guard: Pick<GuardedDatastore, 'offer'>
  readonly routing: Routing
}

export interface OfferOptions {
  /** Who brings it; see `sourceOf`. */
  readonly source: string
  /** Ends the search for peers that take it; those that have it by then are counted. */
  readonly signal: AbortSignal
  /** Called with a record that is not taken. */
  readonly onRefused?: (refusal: Refusal) => void
}

/**
 * Takes a record from a stranger as a peer of the DHT takes one, and gives it to the peers closest to its key. It
 * does not become this node's own: nobody republishes it. Only what this node keeps itself goes out, so that nobody
 * makes it send what it would not have.
 */
export async function offerRecord(
  networks: readonly OfferNetwork[],
  zoneId: ZoneId,
  record: Uint8Array,
  { source, signal, onRefused }: OfferOptions,
): Promise<Offered> {
  try {
    for (const { guard } of networks) await guard.offer(zoneId, record, source)
    const routing = new JointRouting(networks.map(network => network.routing))
    return { kind: 'taken', ...(await routing.put(routingKeyOf(zoneId), record, { signal })) }
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    onRefused?.({ zoneId, peer: source, way: 'put', reason: reasonOf(error), error })
    return refusalOf(error)
  }
}

function refusalOf(error: SignpostError): Offered {
  switch (error.code) {
    case 'STALE_SEQUENCE':
      return { kind: 'older', current: (error as StaleSequenceError).current }
    case 'NO_ROOM':
      return { kind: 'no-room', error: error as NoRoomError }
    default:
      return { kind: 'invalid', error }
  }
}
