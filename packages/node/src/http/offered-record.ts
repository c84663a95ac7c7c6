import { type ZoneId, decodeRecord, routingKeyOf } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import type { NoRoomError } from '../dht/admission.ts'
import type { GuardedDatastore } from '../dht/guarded-datastore.ts'
import { StaleSequenceError } from '../errors.ts'
import { type Refusal, reasonOf } from '../refusals.ts'
import { jointMemory } from '../resolve/zone-memory.ts'
import { JointRouting } from '../routing/joint-routing.ts'
import type { Routing } from '../routing/routing.ts'
import { judgeReplacement } from '../store/replacement.ts'

/** What became of a record that a stranger gave to this node. */
export type Offered =
  | { readonly kind: 'taken'; readonly acks: number; readonly asked: number }
  /** A record that is known wins over it; `current` is the sequence of that. */
  | { readonly kind: 'older'; readonly current: number }
  | { readonly kind: 'invalid'; readonly error: SignpostError }
  | { readonly kind: 'no-room'; readonly error: NoRoomError }

/** A network in which a record is kept, and given to others. */
export interface OfferNetwork {
  readonly guard: Pick<GuardedDatastore, 'offer' | 'remembered'>
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
 * makes it send what it would not have: of several networks to those in which there is room for it, and to none where
 * one of them knows a record that wins over it.
 */
export async function offerRecord(
  networks: readonly OfferNetwork[],
  zoneId: ZoneId,
  record: Uint8Array,
  { source, signal, onRefused }: OfferOptions,
): Promise<Offered> {
  try {
    if (networks.length > 1) await refuseOlder(networks, zoneId, record)
    const taking = await takenIn(networks, zoneId, record, source)
    const routing = new JointRouting(taking.map(network => network.routing))
    return { kind: 'taken', ...(await routing.put(routingKeyOf(zoneId), record, { signal })) }
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    onRefused?.({ zoneId, peer: source, way: 'put', reason: reasonOf(error), error })
    return refusalOf(error)
  }
}

/** Each guard knows its own network alone. What one of them knows to be old must not be served in another one. */
async function refuseOlder(
  networks: readonly OfferNetwork[],
  zoneId: ZoneId,
  record: Uint8Array,
): Promise<void> {
  const memory = jointMemory(networks.map(({ guard }) => guard))
  const { newer, floor } = await memory.remembered(zoneId, undefined)
  const incoming = decodeRecord(zoneId, record)
  if (judgeReplacement(incoming, newer, floor).kind === 'refuse')
    throw new StaleSequenceError(zoneId, incoming.sequence, Math.max(newer?.sequence ?? 0, floor))
}

/** The networks whose guards took the record. @throws what the first of them said, where none took it. */
async function takenIn(
  networks: readonly OfferNetwork[],
  zoneId: ZoneId,
  record: Uint8Array,
  source: string,
): Promise<OfferNetwork[]> {
  const offers = await Promise.allSettled(networks.map(({ guard }) => guard.offer(zoneId, record, source)))
  const refusals = offers.flatMap(offer => (offer.status === 'rejected' ? [offer.reason as unknown] : []))
  const broken = refusals.find(reason => !(reason instanceof SignpostError))
  if (broken !== undefined || refusals.length === networks.length) throw broken ?? refusals[0]
  return networks.filter((_, at) => offers[at]?.status === 'fulfilled')
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
