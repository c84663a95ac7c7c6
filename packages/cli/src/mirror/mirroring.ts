import { type Zone, type ZoneId, apexOf } from '@signpost/core'
import { InvalidNameError, type Name, type ResourceRecord, RrType } from '@signpost/dns'
import type { Look } from '../collecting/judgement.ts'
import { setKey } from '../collecting/set-key.ts'
import { withSteadyTtls } from '../collecting/steady-ttls.ts'
import { type Handover, type Mirror, mirrorZone } from './mirror-zone.ts'
import type { Records } from './source.ts'

/** A domain, and the zone that is kept beside it. */
export interface Mirroring {
  readonly domain: Name
  readonly zoneId: ZoneId
  readonly handovers: readonly Handover[]
}

/** What was read of a domain, as the zone that it makes. */
export interface MirrorLook extends Mirror {
  readonly look: Look
}

/**
 * @param standing what was published last.
 * @param isOlder whether an older version of the domain's zone was read than before.
 * @throws InvalidZoneFileError
 */
export function lookOf(
  { domain, zoneId, handovers }: Mirroring,
  reading: Records,
  standing: Zone | undefined,
  isOlder = false,
): MirrorLook {
  const { leftOut, questions } = reading
  const apex = apexOf(zoneId)
  const before = new Map(standing?.sets.map(set => [setKey(set), set.ttl]))
  const ttlBefore = ({ name, type }: ResourceRecord): number | undefined => {
    const moved = rebased(name, domain, apex)
    return moved && before.get(setKey({ name: moved, type }))
  }
  const records =
    questions === undefined
      ? reading.records
      : withSteadyTtls(reading.records, record => questions.cached.has(setKey(record)), ttlBefore)
  const mirror = mirrorZone({ domain, zoneId, records, handovers, leftOut })
  const failed = new Set(questions?.failures.map(setKey))
  const isUnknown = (name: Name, type: number): boolean => {
    const ordinary = questions && failed.size > 0 ? rebased(name, apex, domain) : undefined
    if (questions === undefined || ordinary === undefined) return false
    // A name that only the record of another one leads to was not asked for where that one's question failed.
    return failed.has(setKey({ name: ordinary, type })) || !questions.asked.has(ordinary.key)
  }
  return { ...mirror, look: { zone: mirror.zone, isUnknown, isOlder } }
}

function rebased(name: Name, from: Name, to: Name): Name | undefined {
  try {
    return name.rebase(from, to)
  } catch (error) {
    if (error instanceof InvalidNameError) return undefined
    throw error
  }
}

/** Types that some servers, and what stands before them, do not answer for as they ought to. */
const NOT_EVERYWHERE: ReadonlySet<number> = new Set([RrType.SRV, RrType.CAA, RrType.HTTPS, RrType.SVCB])

/** Failures without whose answers a zone is not published for the first time: what is missing would be denied. */
export function decisiveFailures({ questions }: Records): NonNullable<Records['questions']>['failures'] {
  return questions?.failures.filter(({ type }) => !NOT_EVERYWHERE.has(type)) ?? []
}
