import {
  HEADER_LENGTH,
  type Message,
  type Name,
  Opcode,
  type Question,
  Rcode,
  type ResourceRecord,
  RrClass,
  RrType,
  decodeMessage,
} from '@signpost/dns'
import { hasRedirection } from '../outcome.ts'
import { coveredType } from '../signature.ts'

/** Proofs that a client may want, with no rdata that is read here. */
const PROOF_TYPES: ReadonlySet<number> = new Set([RrType.RRSIG, RrType.NSEC, RrType.NSEC3])

/** More aliases than anybody needs: unbound and BIND follow eleven. */
const MAX_ALIASES = 16
/** Seconds: RFC 8767, section 4. */
const LONGEST_TTL = 604_800

/**
 * Whether a message is the reply to a request (RFC 5452, section 9.1; the source address is the socket's business).
 * A server that could not read the request may leave the question out of its error.
 */
export function isReplyTo(reply: Message, request: Message): boolean {
  if (!reply.response || reply.id !== request.id || reply.opcode !== Opcode.QUERY) return false
  const asked = request.questions[0]
  const echoed = reply.questions[0]
  if (asked === undefined || reply.questions.length > 1) return false
  if (echoed === undefined) return reply.rcode !== Rcode.NOERROR && reply.rcode !== Rcode.NXDOMAIN
  return echoed.type === asked.type && echoed.class === asked.class && echoed.name.equals(asked.name)
}

/**
 * Reads a reply. Where its records cannot be read it counts as cut off before them, so that a server which passes on what
 * is written badly elsewhere has replied all the same.
 * @throws MalformedMessageError where not even the question can be read.
 */
export function decodeReply(octets: Uint8Array): Message {
  try {
    return decodeMessage(octets)
  } catch {
    return decodeMessage(cutBehindQuestion(octets))
  }
}

/** Octets of the header, and in it of the flags with TC and of the three counts of records. */
const FLAGS_AT = 2
const TC = 0x02
const COUNTS_AT = 6

function cutBehindQuestion(octets: Uint8Array): Uint8Array {
  const cut = Uint8Array.from(octets)
  cut[FLAGS_AT] = (cut[FLAGS_AT] ?? 0) | TC
  cut.fill(0, COUNTS_AT, HEADER_LENGTH)
  return cut
}

/** What a reply says about the question. */
export type Reading =
  | {
      readonly kind: 'answer' | 'no-data' | 'no-name'
      readonly answers: readonly ResourceRecord[]
      readonly authorities: readonly ResourceRecord[]
    }
  /** Aliases that lead to a name that the reply says nothing about, or that is not the server's to speak for. */
  | { readonly kind: 'alias'; readonly answers: readonly ResourceRecord[]; readonly target: Name }
  /** The aliases go in a circle, or on for too long. */
  | { readonly kind: 'loop'; readonly target: Name }
  /** A DNAME makes a name of over 255 octets. */
  | { readonly kind: 'too-long' }
  /** Neither an answer nor a proof that there is none: a referral, or nothing at all. */
  | { readonly kind: 'lame' }

/**
 * Reads a reply with rcode NOERROR, NXDOMAIN or YXDOMAIN. Only the records that lead from the question's name to its answer
 * are taken; whatever else the server put in says nothing and is left out (RFC 2181, section 5.4.1).
 * @param isOurs names that this gateway knows better than any server: the reply's word about them is not taken.
 */
export function readResponse(reply: Message, question: Question, isOurs: (name: Name) => boolean): Reading {
  if (reply.rcode === Rcode.YXDOMAIN) return { kind: 'too-long' }
  const records = reply.answers.filter(isInClass).map(within)
  const authority = reply.authorities.filter(isInClass).map(within)
  const proofs = authority.filter(record => PROOF_TYPES.has(record.type))
  const answers: ResourceRecord[] = []
  const seen = new Set<string>()
  let name = question.name
  for (;;) {
    if (seen.has(name.key) || seen.size > MAX_ALIASES) return { kind: 'loop', target: name }
    seen.add(name.key)
    const here = recordsAt(records, name)
    const alias = here.find(record => record.type === RrType.CNAME)
    // A DNAME is what makes an alias, so it comes along even where the alias is what was asked for (RFC 6672, section 3.1).
    if (alias !== undefined) answers.push(...redirectionsOf(name, records, answers))
    const wanted = here.filter(record => question.type === RrType.ANY || record.type === question.type)
    if (wanted.length > 0) {
      answers.push(...wanted, ...signaturesOf(question.type, here, wanted))
      return { kind: 'answer', answers, authorities: proofs }
    }
    if (alias?.rdata.kind !== 'CNAME') break
    answers.push(alias, ...signaturesOf(RrType.CNAME, here, []))
    name = alias.rdata.target
    if (isOurs(name)) return { kind: 'alias', answers, target: name }
  }
  const soa = authority
    .filter(record => record.type === RrType.SOA && name.isAtOrBelow(record.name))
    .map(denying)
  const authorities = [...soa, ...proofs]
  if (reply.rcode === Rcode.NXDOMAIN) return { kind: 'no-name', answers, authorities }
  if (soa.length > 0) return { kind: 'no-data', answers, authorities }
  if (answers.length > 0) return { kind: 'alias', answers, target: name }
  // Without an SOA, a server that speaks for the name, or that recursed, still says that there is no such type.
  const referral = authority.some(record => record.type === RrType.NS)
  return referral || !(reply.authoritative || reply.recursionAvailable)
    ? { kind: 'lame' }
    : { kind: 'no-data', answers, authorities }
}

// RFC 2308, section 5: a denial goes out with the TTL for which it may be kept.
function denying(record: ResourceRecord): ResourceRecord {
  const { rdata, ttl } = record
  return rdata.kind === 'SOA' ? { ...record, ttl: Math.min(ttl, rdata.minimum) } : record
}

function within(record: ResourceRecord): ResourceRecord {
  return record.ttl > LONGEST_TTL ? { ...record, ttl: LONGEST_TTL } : record
}

function isInClass(record: ResourceRecord): boolean {
  return record.class === RrClass.IN
}

function recordsAt(records: readonly ResourceRecord[], name: Name): ResourceRecord[] {
  return records.filter(record => record.name.equals(name))
}

/** The DNAME record above a name, with its signatures; nothing where it was `taken` before. */
function redirectionsOf(
  name: Name,
  records: readonly ResourceRecord[],
  taken: readonly ResourceRecord[],
): ResourceRecord[] {
  const dname = records.find(
    record => record.type === RrType.DNAME && name.isAtOrBelow(record.name) && !name.equals(record.name),
  )
  if (dname === undefined || hasRedirection(taken, dname.name)) return []
  return [dname, ...signaturesOf(RrType.DNAME, recordsAt(records, dname.name), [])]
}

/** The RRSIGs among `here` that cover a type and are not taken already (RFC 4034, section 3.1.1). */
function signaturesOf(
  type: number,
  here: readonly ResourceRecord[],
  taken: readonly ResourceRecord[],
): ResourceRecord[] {
  return here.filter(record => coveredType(record) === type && !taken.includes(record))
}
