import { type Zone, type ZoneId, soaOf, zoneOf } from '@signpost/core'
import type { RrSet } from '@signpost/dns'
import type { ResolveOutcome, ZoneResolver } from '@signpost/node'
import { STALE_TTL } from './answer.ts'
import type { Failure } from './outcome.ts'

/** What the gateway has of a zone. */
export type ZoneCopy =
  | {
      readonly kind: 'zone'
      readonly zone: Zone
      readonly soa: RrSet
      /** Seconds that any record of it may be kept by whoever asks. */
      readonly maxTtl: number
      readonly stale: boolean
    }
  /** The owner signed that there is nothing any more. */
  | { readonly kind: 'retired'; readonly maxTtl: number; readonly stale: boolean }
  | Failure

/** Finds a zone. Never rejects. */
export type FindZone = (zoneId: ZoneId, signal: AbortSignal) => Promise<ZoneCopy>

/**
 * Finds zones through a node. A client waits for `wait` milliseconds at most; the node's search goes on, so that
 * whoever asks again finds what came in the meantime.
 * @param onError hears of errors that the resolver does not announce.
 */
export function zonesFrom(
  resolver: ZoneResolver,
  wait: number,
  now: () => number,
  onError: (error: unknown) => void,
): FindZone {
  return async (zoneId, signal) => {
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<'too long'>(resolve => {
      timer = setTimeout(resolve, wait, 'too long' as const)
    })
    try {
      const outcome = await Promise.race([resolver.resolve(zoneId, { signal }), tooLong])
      if (outcome !== 'too long') return copyOf(zoneId, outcome, now())
      return absent(
        zoneId,
        `no record of ${zoneId} was found within ${wait} ms; the search goes on, ask again`,
      )
    } catch (error) {
      if (codeOf(error) === 'RESOLVE_FAILED' || signal.aborted)
        return absent(zoneId, `no peer gave a record of ${zoneId} in time; ask again`)
      onError(error)
      return {
        kind: 'failed',
        text: `the search for ${zoneId} failed; the gateway's log says why`,
        zones: [zoneId],
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

/**
 * What a node's finding means for an answer.
 * @param now milliseconds since the epoch.
 */
export function copyOf(zoneId: ZoneId, outcome: ResolveOutcome, now: number): ZoneCopy {
  const zones = [zoneId]
  switch (outcome.kind) {
    case 'absent':
      return absent(zoneId, `none of ${outcome.provenance.asked} peers has a record of ${zoneId}`)
    case 'invalid':
      return { kind: 'invalid', text: outcome.error.message, zones }
    case 'expired':
      return {
        kind: 'expired',
        text: `the signature of ${zoneId} was valid until ${outcome.record.validity}; its owner has to publish again`,
        zones,
      }
    case 'found':
      return foundCopy(zoneId, outcome, now)
  }
}

function foundCopy(
  zoneId: ZoneId,
  outcome: ResolveOutcome & { readonly kind: 'found' },
  now: number,
): ZoneCopy {
  const { record } = outcome
  const stale = outcome.freshness === 'stale'
  const validFor = Math.floor((record.expiresAt - now) / 1000)
  const age = Math.max(0, Math.floor((now - (outcome.confirmedAt ?? now)) / 1000))
  const maxTtl = Math.max(0, Math.min(validFor, stale ? STALE_TTL : record.ttl - age))
  switch (record.content.kind) {
    case 'retired':
      return { kind: 'retired', maxTtl, stale }
    case 'none':
      return {
        kind: 'no-zone',
        text: `the record of ${zoneId} is genuine but has no DNS zone; its owner has to publish one`,
        zones: [zoneId],
      }
    case 'zone': {
      const zone = zoneOf(record)
      if (zone === undefined) throw new TypeError(`the record of ${zoneId} has a zone that is not there`)
      return { kind: 'zone', zone, soa: soaOf(zone, record.sequence), maxTtl, stale }
    }
  }
}

function absent(zoneId: ZoneId, text: string): Failure {
  return { kind: 'absent', text, zones: [zoneId] }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
