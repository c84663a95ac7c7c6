import type { ZoneId } from '@signpost/core'
import type { Origin } from './upstream/origin.ts'
import { type ExtendedErrorInfo, type Name, type ResourceRecord, RrType } from '@signpost/dns'

/**
 * Whose word an outcome is. It decides AA and AD and goes with the records wherever they go, the cache
 * included: what an upstream said never turns into something that an owner signed.
 */
export interface Provenance {
  /** Who speaks for the question's own name: an owner's signed zone, a DNS server elsewhere, or this gateway. */
  readonly source: 'zone' | 'upstream' | 'gateway'
  /** Every record of the reply is from a zone whose signature was verified here. */
  readonly verified: boolean
  /** From a signed record whose TTL is over, though its signature is still valid. */
  readonly stale: boolean
  /** The zones that had a part in it: a new version of one of them makes it old. */
  readonly zones: readonly ZoneId[]
  /** Of whom ordinary DNS servers were asked; absent where none had a part in it. */
  readonly origin?: Origin
  /** An upstream said it over TLS or HTTPS, with a certificate that was checked. */
  readonly secured?: true
}

export const fromGateway: Provenance = { source: 'gateway', verified: false, stale: false, zones: [] }
export const fromUpstream: Provenance = { source: 'upstream', verified: false, stale: false, zones: [] }
export const fromSecureUpstream: Provenance = { ...fromUpstream, secured: true }

/** What there is to say about a question's name, with the records to say it. */
export interface Found {
  /**
   * `answer`: the records asked for, behind the aliases that lead to them.
   * `no-data`: the name exists without that type. `no-name`: it does not exist. For both, `answers` has the
   * aliases that led there and `authorities` the SOA (RFC 2308, section 2).
   */
  readonly kind: 'answer' | 'no-data' | 'no-name'
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly provenance: Provenance
  /** Seconds since the records had these TTLs. */
  readonly age: number
  /** For people: goes out as an extended error. */
  readonly note?: string
  /** Why this stands in the place of what ordinary DNS says; goes out instead of the usual word on stale answers. */
  readonly extendedError?: ExtendedErrorInfo
  /** A good answer is remembered to fall back on, and this is none yet: not given out past its TTL. */
  readonly unproved?: true
  /** The aliases' target was not asked for: right for this client, not to be kept for others. */
  readonly partial?: true
}

/** Why there is nothing to say. The text is for people and says what to do where there is something to do. */
export interface Failure {
  /**
   * `absent`: nobody on the network gave a record of the zone. `invalid`: records came, none verified.
   * `expired`: the newest record's signature is over its validity. `no-zone`: a valid record that carries no
   * zone. `loop`: aliases go in a circle or on for too long. `too-long`: a name would be over 255 octets.
   * `upstream-failed`: no DNS server elsewhere gave a usable answer. `overloaded`: too much waits already.
   * `too-slow`: the question led to more than there was time for.
   * `failed`: an error in this program.
   */
  readonly kind:
    | 'absent'
    | 'invalid'
    | 'expired'
    | 'no-zone'
    | 'loop'
    | 'too-long'
    | 'upstream-failed'
    | 'overloaded'
    | 'too-slow'
    | 'failed'
  readonly text: string
  /** Zones that had a part in it, as in {@link Provenance.zones}. */
  readonly zones?: readonly ZoneId[]
  /** What a server elsewhere said about its own failure; it goes out with ours. */
  readonly extendedErrors?: readonly ExtendedErrorInfo[]
}

/**
 * What is not looked into at all. `bad-cookie`: the client is to ask again with the server cookie that the reply has
 * (RFC 7873, section 5.2.3). `over-tcp`: it is to ask again over TCP. `over-limit`: it asks too much. `dropped`: nothing goes
 * out. `filtered`: there is an answer, which a rule of this gateway holds back.
 */
export interface Refusal {
  readonly kind:
    | 'malformed'
    | 'not-implemented'
    | 'bad-version'
    | 'bad-cookie'
    | 'over-tcp'
    | 'over-limit'
    | 'dropped'
    | 'filtered'
    | 'refused'
  /** Absent where the reply can carry none: the query was too broken to have EDNS. */
  readonly extendedError?: ExtendedErrorInfo
}

/** How a question ends. `answer.ts` says what each kind looks like on the wire. */
export type Outcome = Found | Failure | Refusal
export type OutcomeKind = Outcome['kind']

export function isFound(outcome: Outcome): outcome is Found {
  return 'answers' in outcome
}

export function isFailure(outcome: Outcome): outcome is Failure {
  return 'text' in outcome
}

/** Whether it takes the place of what ordinary DNS says. */
export function isStandIn(outcome: Outcome): boolean {
  return isFound(outcome) && outcome.extendedError !== undefined
}

/** Takes `age` out of the TTLs (RFC 1035, section 3.2.1), so that records of several ages can stand together. */
export function settleAge(found: Found): Found {
  if (found.age === 0) return found
  const older = (record: ResourceRecord): ResourceRecord => ({
    ...record,
    ttl: Math.max(0, record.ttl - found.age),
  })
  return { ...found, answers: found.answers.map(older), authorities: found.authorities.map(older), age: 0 }
}

/**
 * The outcome of an alias: its own records, then what its target came to (RFC 1034, section 4.3.2, step 3a). The
 * target's records have the letters that the alias has, whoever asked for them before.
 */
export function behindAlias(
  aliases: readonly ResourceRecord[],
  of: Provenance,
  name: Name,
  target: Outcome,
): Outcome {
  if (isFailure(target)) return { ...target, zones: union(of.zones, target.zones) }
  // As a server does that does not recurse: the client may know whom to ask for the target.
  if (!isFound(target)) return { ...aliasAlone(aliases, of), ...noteOf(target) }
  const settled = settleAge(target)
  const origin = originOfBoth(of, target.provenance)
  const answers = settled.answers.filter(
    record => record.type !== RrType.DNAME || !hasRedirection(aliases, record.name),
  )
  return {
    ...settled,
    answers: [...aliases, ...answers.map(record => spelledAs(record, name))],
    provenance: {
      source: of.source,
      verified: of.verified && target.provenance.verified,
      stale: of.stale || target.provenance.stale,
      zones: union(of.zones, target.provenance.zones),
      ...(origin === undefined ? {} : { origin }),
    },
  }
}

/** What different ones said together is what nobody says who is asked now. */
const NO_ORIGIN: Origin = 0

function originOfBoth({ origin: some }: Provenance, { origin: other }: Provenance): Origin | undefined {
  if (some === undefined || other === undefined) return some ?? other
  return some === other ? some : NO_ORIGIN
}

/** A way may pass the same DNAME twice, and the records of an answer differ (RFC 2181, section 5). */
export function hasRedirection(records: readonly ResourceRecord[], name: Name): boolean {
  return records.some(record => record.type === RrType.DNAME && record.name.equals(name))
}

function spelledAs(record: ResourceRecord, name: Name): ResourceRecord {
  return record.name !== name && record.name.equals(name) ? { ...record, name } : record
}

function aliasAlone(aliases: readonly ResourceRecord[], provenance: Provenance): Found {
  return { kind: 'answer', answers: aliases, authorities: [], provenance, age: 0, partial: true }
}

function noteOf(refusal: Refusal): Pick<Found, 'note'> {
  return refusal.extendedError === undefined ? {} : { note: refusal.extendedError.text }
}

export function union(some: readonly ZoneId[], others: readonly ZoneId[] = []): readonly ZoneId[] {
  return others.length === 0 ? some : [...new Set([...some, ...others])]
}

/** The text of a chain for people: `a. -> b. -> a.` */
export function printChain(names: readonly Name[]): string {
  return names.map(name => name.toString()).join(' -> ')
}
