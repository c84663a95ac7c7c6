import type { ZoneId } from '@signpost/core'
import { type Limit, SignpostError } from '@signpost/dns'

/**
 * Zones that a DHT keeps records of for others. One of the public network's 25,000 servers is among the 20 closest to
 * 800 of a million names, so the default is far beyond what honest owners need.
 */
export const KEPT_ZONES: Limit = {
  default: 100_000,
  min: 10,
  max: 10_000_000,
}

/** Octets of those records, 2.6 KiB for each zone of the default; one record has 10,240 at most. */
export const KEPT_OCTETS: Limit = {
  default: 256 * 2 ** 20,
  min: 131_072,
  max: 2 ** 40,
}

/** The part of either that records of one source may take: ten thousand zones are more than one host publishes. */
export const SOURCE_SHARE = 0.1

/** How much a DHT keeps for others. */
export interface KeepLimits {
  /** See {@link KEPT_ZONES}. */
  readonly zones: number
  /** See {@link KEPT_OCTETS}. */
  readonly octets: number
  /** See {@link SOURCE_SHARE}. */
  readonly share: number
}

export interface Usage {
  readonly zones: number
  readonly octets: number
}

/**
 * What is kept of one source, and the octets of each record in the order in which they go: those that nobody else
 * brought too, and then the others; in either the one that was put longest ago first.
 */
export interface SourceRecords<Key = ZoneId> extends Usage, Iterable<readonly [Key, number]> {}

/** What is kept by source, without what this node keeps for itself. */
export interface Sources<Key = ZoneId> {
  get(source: string): SourceRecords<Key> | undefined
  /** By {@link weightOf}; of one weight in any order. */
  heaviestFirst(): Iterable<string>
}

/** A record that wants to be kept. */
export interface Incoming<Key = ZoneId> {
  readonly zoneId: Key
  readonly source: string
  readonly octets: number
  /** Octets of the zone's record that is kept already; undefined for a further zone. */
  readonly replaced: number | undefined
}

export type Admission<Key = ZoneId> =
  | {
      readonly kind: 'admitted' /** Zones whose records have to go for it. */
      readonly evicted: readonly Key[]
    }
  | { readonly kind: 'refused'; readonly reason: NoRoomError['reason'] }

/** The DHT keeps as much as it may, in all or of one source. Nothing that is kept is refused its news. */
export class NoRoomError extends SignpostError {
  readonly code = 'NO_ROOM'
  readonly reason: 'full' | 'source'

  constructor(reason: NoRoomError['reason']) {
    super(
      `this node keeps as many records for others ${reason === 'source' ? 'of one source ' : ''}as it may and takes no ` +
        'further zone; put it to another node',
    )
    this.reason = reason
  }
}

/**
 * Decides whether a record is kept, and what goes for it. Anybody can make keys, and sign with them, as fast as a
 * machine computes, so a flood looks like any other records, except that it comes from few places.
 *
 * - A source may take a tenth of the room. Past it, its further zones are refused: it may not turn its own honest
 *   neighbours' records out either.
 * - While there is room, all else is kept.
 * - When there is none, a further zone takes the place of a record of the source that has most, the one that was put
 *   longest ago, where that source has more than the newcomer's. What others have brought as well goes last, or whoever
 *   brings an honest zone here first would decide when it goes. So whoever publishes little gets in however large the
 *   flood is, and who has most gives. Among equals the newcomer is refused, or records would push each other out for
 *   ever.
 * - News of a zone that is kept are never refused. Where they are larger, others of the same source go before others'.
 *
 * Distance from the own peer ID, by which kad-dht chooses where to put, decides nothing here: in a network with few
 * peers everything is close, and keys that are close to a peer among thousands are a matter of a thousand tries each.
 *
 * @param isNeeded whether this node keeps the zone for itself, so that it never goes.
 */
export function admit<Key>(
  incoming: Incoming<Key>,
  kept: Sources<Key>,
  total: Usage,
  limits: KeepLimits,
  isNeeded: (zoneId: Key) => boolean,
): Admission<Key> {
  const { source, replaced } = incoming
  const added = { zones: replaced === undefined ? 1 : 0, octets: incoming.octets - (replaced ?? 0) }
  // Of the sources that are not as they are kept any more.
  const usage = new Map<string, Usage>([[source, sum(kept.get(source) ?? NOTHING, added)]])
  const usageOf = (of: string): Usage => usage.get(of) ?? kept.get(of) ?? NOTHING
  const shareOf = (of: string): number => share(usageOf(of), limits)
  const isNew = replaced === undefined
  if (isNew && shareOf(source) > limits.share) return { kind: 'refused', reason: 'source' }

  const goers = new Map<string, Iterator<readonly [Key, number]>>()
  const goerOf = (from: string): readonly [Key, number] | undefined => {
    const iterator = goers.get(from) ?? (kept.get(from) ?? [])[Symbol.iterator]()
    goers.set(from, iterator)
    for (let next = iterator.next(); next.done !== true; next = iterator.next())
      if (next.value[0] !== incoming.zoneId && !isNeeded(next.value[0])) return next.value
    return undefined
  }

  const spent = new Set<string>()
  const others = kept.heaviestFirst()[Symbol.iterator]()
  let other = others.next()
  const heaviest = (): string | undefined => {
    while (other.done !== true && usage.has(other.value)) other = others.next()
    const candidates = [...usage.keys(), ...(other.done === true ? [] : [other.value])]
    return candidates
      .filter(candidate => !spent.has(candidate))
      .reduce<string | undefined>(
        (best, one) => (best === undefined || shareOf(one) > shareOf(best) ? one : best),
        undefined,
      )
  }

  const evicted: Key[] = []
  for (let now = sum(total, added); ; ) {
    const isTooMuch = share(now, limits) > 1
    if (!isTooMuch && (isNew || shareOf(source) <= limits.share)) return { kind: 'admitted', evicted }
    const giver = isTooMuch ? heaviest() : source
    const isOther = giver !== undefined && shareOf(giver) > shareOf(source)
    if (!isOther && isNew) return { kind: 'refused', reason: 'full' }
    const from = isOther ? giver : source
    const goer = goerOf(from)
    if (goer === undefined) {
      // All that it has is needed here. News are kept even so.
      if (from === source) return { kind: 'admitted', evicted }
      spent.add(from)
      usage.set(from, usageOf(from))
      continue
    }
    const gone = { zones: -1, octets: -goer[1] }
    evicted.push(goer[0])
    usage.set(from, sum(usageOf(from), gone))
    now = sum(now, gone)
  }
}

const NOTHING: Usage = { zones: 0, octets: 0 }

/** How much a source has, in zones or, where its records are larger than others, in what else takes as much room. */
export function weightOf({ zones, octets }: Usage, limits: KeepLimits): number {
  return Math.max(zones, Math.ceil((octets * limits.zones) / limits.octets))
}

/** The greater part of the room that something takes, of zones or of octets. */
function share({ zones, octets }: Usage, limits: KeepLimits): number {
  return Math.max(zones / limits.zones, octets / limits.octets)
}

function sum(a: Usage, b: Usage): Usage {
  return { zones: a.zones + b.zones, octets: a.octets + b.octets }
}
