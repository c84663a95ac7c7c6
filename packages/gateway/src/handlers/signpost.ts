import { type LookupResult, type Zone, type ZoneId, apexOf, lookup, zoneIdOfName } from '@signpost/core'
import {
  InvalidNameError,
  MAX_TTL,
  type Name,
  type Rdata,
  type ResourceRecord,
  type RrSet,
  RrType,
} from '@signpost/dns'
import { type PetnameLookup, type View, locate, outward, recordsOutward } from '../names.ts'
import { type Found, type Outcome, type Provenance, fromGateway, isFailure, union } from '../outcome.ts'
import type { Handler, Resolve } from '../handler.ts'
import type { Query } from '../query.ts'
import { localSoa } from '../soa.ts'
import type { FindZone, ZoneCopy } from '../zone-source.ts'
import { followAlias } from './alias.ts'
import type { AskAuthority } from './authority.ts'

export interface SignpostNames {
  readonly suffixes: readonly Name[]
  readonly petnames: PetnameLookup
  readonly findZone: FindZone
  /** For labels that a zone hands to an ordinary DNS server. */
  readonly askAuthority: AskAuthority
  /** The whole pipeline, for aliases. */
  readonly resolve: Resolve
}

/** Seconds: what the gateway itself says is soon asked again, since a petname may be added at any time. */
const LOCAL_TTL = 10
/** Seconds: as long as a zone without an SOA of its own denies names. */
const RETIRED_TTL = 300

/** Answers names under the suffixes from signed zones, and keeps all of them from leaving this machine as queries. */
export function answerSignpostNames(names: SignpostNames): Handler {
  return (query, next) => {
    const { question } = query
    const place = locate(question.name, names.suffixes, names.petnames)
    switch (place.kind) {
      case 'ordinary':
        return next(query)
      case 'zone':
        return answerInZone(names, query, place.view, place.inner, nobodyYet)
      case 'suffix':
        return aboutSuffix(place.suffix, question.type)
      case 'unknown':
        return noName(
          place.suffix,
          `${JSON.stringify(place.label)} is neither a zone ID nor a petname known here; ` +
            `check its spelling, or add it: signpost name add ${place.label} <zone ID>`,
        )
      case 'bare':
        return noName(
          apexOf(place.zoneId),
          `a zone ID is asked for below a suffix: ${question.name.toString()}${(names.suffixes[0] as Name).toString()}`,
        )
    }
  }
}

/** The zones behind us that handed the name over, and whether one of them was stale. */
export interface Handed extends Pick<Provenance, 'stale' | 'zones'> {
  /** Seconds that all of them may be kept: a label that its owner takes back comes back by then. */
  readonly maxTtl: number
}
export const nobodyYet: Handed = { stale: false, zones: [], maxTtl: MAX_TTL }

/** Answers a name from a zone, and from those that it hands the name to. */
export async function answerInZone(
  names: SignpostNames,
  query: Query,
  view: View,
  inner: Name,
  handed: Handed,
): Promise<Outcome> {
  const latest = await names.findZone(view.zoneId, query.signal)
  if (latest.kind !== 'zone' && latest.kind !== 'retired')
    return { ...latest, zones: union(handed.zones, [view.zoneId]) }
  const copy = { ...latest, maxTtl: Math.min(latest.maxTtl, handed.maxTtl) }
  const provenance: Provenance = {
    source: 'zone',
    verified: true,
    stale: handed.stale || copy.stale,
    zones: union(handed.zones, [view.zoneId]),
  }
  if (copy.kind === 'retired') {
    const soa = localSoa(view.outerApex, Math.min(RETIRED_TTL, copy.maxTtl))
    const note = `the owner of ${view.zoneId} has retired this zone`
    return { kind: 'no-name', answers: [], authorities: [soa], provenance, age: 0, note }
  }
  try {
    return await answerFromZone(names, query, { view, inner, copy, provenance })
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error
    const text = `a name of the answer is over 255 octets once it stands below ${view.outerApex.toString()}`
    return { kind: 'too-long', text, zones: provenance.zones }
  }
}

interface InZone {
  readonly view: View
  readonly inner: Name
  readonly copy: ZoneCopy & { readonly kind: 'zone' }
  readonly provenance: Provenance
}

/** @throws InvalidNameError where a name does not fit below the suffix. */
async function answerFromZone(names: SignpostNames, query: Query, at: InZone): Promise<Outcome> {
  const { view, copy, provenance } = at
  const { type } = query.question
  const out = (set: RrSet): ResourceRecord[] => recordsOutward(set, view, copy.maxTtl)
  const found = (kind: Found['kind'], answers: ResourceRecord[], authorities: ResourceRecord[]): Found => ({
    kind,
    answers,
    authorities,
    provenance,
    age: 0,
  })
  const result = lookUpOrSoa(copy.zone, at.inner, type, copy.soa)
  switch (result.kind) {
    case 'answer':
      return found('answer', out(result.set), [])
    case 'no-data':
      return found('no-data', [], out(denying(copy.soa)))
    case 'no-name':
    case 'outside':
      return found('no-name', [], out(denying(copy.soa)))
    case 'alias':
      return followAlias(query, out(result.set), outward(result.target, view), provenance, names.resolve)
    case 'redirection': {
      const records = [...out(result.dname), ...out(result.set)]
      if (type === RrType.CNAME || type === RrType.ANY) return found('answer', records, [])
      return followAlias(query, records, outward(result.target, view), provenance, names.resolve)
    }
    case 'too-long':
      return {
        kind: 'too-long',
        text: `the DNAME at ${outward(result.dname.name, view).toString()} makes a name of over 255 octets`,
        zones: provenance.zones,
      }
    case 'delegation':
      return handOver(names, query, at, result)
  }
}

/** A zone without an SOA of its own has one all the same; it stands in denials, so it can be asked for too. */
function lookUpOrSoa(zone: Zone, inner: Name, type: number, soa: RrSet): LookupResult {
  const result = lookup(zone, inner, type)
  const asked = type === RrType.SOA || type === RrType.ANY
  return result.kind === 'no-data' && asked && inner.equals(zone.apex) ? { kind: 'answer', set: soa } : result
}

/** RFC 2308, section 3: an SOA that denies has its MINIMUM as TTL where that is less. */
function denying(soa: RrSet): RrSet {
  const [rdata] = soa.rdatas
  return rdata?.kind === 'SOA' ? { ...soa, ttl: Math.min(soa.ttl, rdata.minimum) } : soa
}

/**
 * A label that belongs to somebody else. A name server that is a zone's apex is another key: its zone stands at the
 * cut in place of its own apex. All others are ordinary DNS servers.
 */
async function handOver(
  names: SignpostNames,
  query: Query,
  at: InZone,
  delegation: LookupResult & { readonly kind: 'delegation' },
): Promise<Outcome> {
  const { view, inner, provenance } = at
  const { maxTtl } = at.copy
  const { cut } = delegation
  let failure: Outcome | undefined
  for (const rdata of delegation.set.rdatas) {
    const zoneId = zoneOfServer(rdata)
    if (zoneId === undefined) continue
    if (query.budget.left-- <= 0)
      return {
        kind: 'loop',
        text: 'the name is handed from zone to zone for too long',
        zones: provenance.zones,
      }
    const apex = apexOf(zoneId)
    const theirs: View = { ...view, zoneId, apex, outerApex: outward(cut, view) }
    const handed: Handed = { ...provenance, maxTtl }
    const outcome = await answerInZone(names, query, theirs, inner.rebase(cut, apex), handed)
    if (!isFailure(outcome)) return outcome
    failure = outcome
  }
  const hasOrdinaryServer = delegation.set.rdatas.some(rdata => zoneOfServer(rdata) === undefined)
  if (failure !== undefined && !hasOrdinaryServer) return failure
  const answer = await names.askAuthority(query, view, inner, delegation, provenance, maxTtl)
  return isFailure(answer) ? (failure ?? answer) : answer
}

// A name server that is the apex of a zone is that zone's key; any other is a host.
function zoneOfServer(rdata: Rdata): ZoneId | undefined {
  return rdata.kind === 'NS' && rdata.nameServer.labelCount === 1 ? zoneIdOfName(rdata.nameServer) : undefined
}

function aboutSuffix(suffix: Name, type: number): Outcome {
  const soa = localSoa(suffix, LOCAL_TTL)
  const wanted = type === RrType.SOA || type === RrType.ANY
  return wanted
    ? { kind: 'answer', answers: [soa], authorities: [], provenance: fromGateway, age: 0 }
    : { kind: 'no-data', answers: [], authorities: [soa], provenance: fromGateway, age: 0 }
}

function noName(apex: Name, note: string): Outcome {
  const authorities = [localSoa(apex, LOCAL_TTL)]
  return { kind: 'no-name', answers: [], authorities, provenance: fromGateway, age: 0, note }
}
