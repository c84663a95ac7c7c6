import { Name, type Question, type ResourceRecord, RrType, mapRdataNames, rdataOctets } from '@signpost/dns'
import { coveredType } from '../../signature.ts'

/** A record that was in an answer. Times are milliseconds of the steady clock. */
export interface KnownRecord {
  /** The same for records that are the same data: see {@link identityOf}. */
  readonly identity: string
  readonly record: ResourceRecord
  readonly firstSeen: number
  readonly lastSeen: number
  /** It was seen long enough after it was first seen, or came over a way that nobody else can touch. */
  readonly isProved: boolean
}

/** Everything that is remembered about a question. */
export interface Knowledge {
  /** The last distinct ones: at most {@link MOST_PROVED} that are proved, and {@link MOST_WAITING} that are not. */
  readonly records: readonly KnownRecord[]
  /** RRSIGs of the newest answer that had some and was all proved, for clients that validate. */
  readonly signatures: readonly ResourceRecord[]
}

export const NOTHING_KNOWN: Knowledge = { records: [], signatures: [] }

/** Together the 64 records that are remembered for a question. A forger's minute fills the second part at most. */
export const MOST_PROVED = 32
export const MOST_WAITING = 32
/** Records of one answer that are looked at; what is behind them is not known. */
const MOST_LOOKED_AT = 64
/** Octets of rdata of one record, and of all of them with their names, that are remembered. */
const MOST_RDATA = 1200
const MOST_OCTETS = 8000
/** RRSIGs, and octets of each: they are kept with the records in one DNS message. */
const MOST_SIGNATURES = 8
const MOST_SIGNATURE = 600

export interface Sighting {
  /** By the steady clock. */
  readonly now: number
  /** Milliseconds from when a record is first seen until seeing it proves it. */
  readonly proof: number
  /** Nobody on the path can have changed it. */
  readonly isSecured: boolean
}

/** What is known once an answer has come: the aliases that lead to records of the question's type, and those. */
export function learn(
  known: Knowledge,
  answers: readonly ResourceRecord[],
  question: Question,
  sighting: Sighting,
): Knowledge {
  let records = known.records
  for (const record of leadingTo(answers, question).slice(0, MOST_LOOKED_AT))
    records = see(records, record, sighting)
  records = records.length === known.records.length ? records : withinOctets(records)
  const next = { records, signatures: known.signatures }
  const signatures = answers.filter(
    ({ type, rdata }) => type === RrType.RRSIG && rdataOctets(type, rdata).length <= MOST_SIGNATURE,
  )
  return signatures.length > 0 && isAllProved(next, answers, question)
    ? { records, signatures: signatures.slice(0, MOST_SIGNATURES) }
    : next
}

/** Whether all records that an answer consists of are proved. */
export function isAllProved(
  { records }: Knowledge,
  answers: readonly ResourceRecord[],
  question: Question,
): boolean {
  const proved = new Set(records.filter(({ isProved }) => isProved).map(({ identity }) => identity))
  const leading = leadingTo(answers, question)
  return leading.length <= MOST_LOOKED_AT && leading.every(record => proved.has(identityOf(record)))
}

/** Whether there is one in an answer that was seen now for the first time. */
export function hasNew({ records }: Knowledge, now: number): boolean {
  return records.some(({ firstSeen, isProved }) => firstSeen === now && !isProved)
}

/**
 * The newest answer whose aliases and at least one of whose last records are proved, less what is not.
 * @returns undefined where there is none.
 */
export function newestProved({ records }: Knowledge, question: Question): ResourceRecord[] | undefined {
  const proved = records.filter(({ isProved }) => isProved)
  return newestAt(question.name, question.type, proved, new Map())?.records
}

/** The signatures that belong to records, of those that are remembered. */
export function signaturesFor(
  { signatures }: Knowledge,
  records: readonly ResourceRecord[],
): ResourceRecord[] {
  return signatures.filter(signature =>
    records.some(({ name, type }) => name.equals(signature.name) && type === coveredType(signature)),
  )
}

interface Chain {
  /** When its last records were seen. */
  readonly at: number
  readonly records: ResourceRecord[]
}

/** @param tried what each name came to, so that aliases may lead anywhere. */
function newestAt(
  name: Name,
  type: number,
  proved: readonly KnownRecord[],
  tried: Map<string, Chain | undefined>,
): Chain | undefined {
  if (tried.has(name.key)) return tried.get(name.key)
  tried.set(name.key, undefined)
  const here = proved.filter(({ record }) => record.name.equals(name))
  let best = newestOf(here.filter(({ record }) => record.type === type))
  for (const { record } of here) {
    if (record.rdata.kind !== 'CNAME' || type === RrType.CNAME) continue
    const behind = newestAt(record.rdata.target, type, proved, tried)
    if (behind !== undefined && (best === undefined || behind.at > best.at))
      best = { at: behind.at, records: [record, ...behind.records] }
  }
  tried.set(name.key, best)
  return best
}

function newestOf(known: readonly KnownRecord[]): Chain | undefined {
  if (known.length === 0) return undefined
  const at = Math.max(...known.map(({ lastSeen }) => lastSeen))
  return { at, records: known.filter(({ lastSeen }) => lastSeen === at).map(({ record }) => record) }
}

function leadingTo(answers: readonly ResourceRecord[], { type }: Question): ResourceRecord[] {
  return answers.filter(record => record.type === RrType.CNAME || record.type === type)
}

function see(
  records: readonly KnownRecord[],
  record: ResourceRecord,
  sighting: Sighting,
): readonly KnownRecord[] {
  const { now, proof, isSecured } = sighting
  const identity = identityOf(record)
  const before = records.find(known => known.identity === identity)
  const others = records.filter(known => known !== before)
  if (before === undefined) {
    if (rdataOctets(record.type, record.rdata).length > MOST_RDATA) return records
    const first = { identity, record, firstSeen: now, lastSeen: now, isProved: isSecured }
    return isSecured ? [...roomFor(others), first] : admit(records, first, sighting)
  }
  const isProved = before.isProved || isSecured || now - before.firstSeen >= proof
  const seen = { ...before, lastSeen: Math.max(now, before.lastSeen), isProved }
  return [...(isProved && !before.isProved ? roomFor(others) : others), seen]
}

/** Of proved records, the one that was seen longest ago makes room. */
function roomFor(records: readonly KnownRecord[]): readonly KnownRecord[] {
  const proved = records.filter(({ isProved }) => isProved)
  if (proved.length < MOST_PROVED) return records
  const oldest = proved.reduce((some, other) => (other.lastSeen < some.lastSeen ? other : some))
  return records.filter(known => known !== oldest)
}

/**
 * Of those that wait for their proof, one makes room that has had time for it and was not seen again. Where all others
 * still have time the new one is let go: else addresses that change with every answer would push out each other before
 * any is proved.
 */
function admit(
  records: readonly KnownRecord[],
  first: KnownRecord,
  { now, proof }: Sighting,
): readonly KnownRecord[] {
  const waiting = records.filter(({ isProved }) => !isProved)
  if (waiting.length < MOST_WAITING) return [...records, first]
  const oldest = waiting.reduce((some, other) => (other.firstSeen < some.firstSeen ? other : some))
  return now - oldest.firstSeen < 2 * proof ? records : [...records.filter(known => known !== oldest), first]
}

/** Of those that wait, some go where all are too long for one message. */
function withinOctets(records: readonly KnownRecord[]): readonly KnownRecord[] {
  let octets = 0
  return records.filter(({ record, isProved }) => {
    octets += record.name.wire.length + rdataOctets(record.type, record.rdata).length
    return isProved || octets <= MOST_OCTETS
  })
}

/** One text for records of one name and type with the same data, in whatever letters (RFC 4034, section 6.2). */
export function identityOf({ name, type, rdata }: ResourceRecord): string {
  const octets = rdataOctets(type, mapRdataNames(rdata, foldName))
  return `${type} ${Buffer.from(octets).toString('latin1')} ${name.key}`
}

function foldName(name: Name): Name {
  return Name.fromTrustedWire(Buffer.from(name.key, 'latin1'))
}
