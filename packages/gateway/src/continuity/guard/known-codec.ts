import {
  type Message,
  Opcode,
  type Question,
  Rcode,
  type ResourceRecord,
  RrType,
  createQuery,
  decodeMessage,
  encodeMessage,
} from '@signpost/dns'
import { type Doubt, LONGEST_GAP, type Moment } from './judgement.ts'
import { type Knowledge, type KnownRecord, identityOf, MOST_PROVED, MOST_WAITING } from './knowledge.ts'

/**
 * What is known of a question in octets: the format's number, how many records there are, for each whether it is proved
 * and how long ago it was seen first and last (milliseconds, doubles), then a DNS message with the records as answers and
 * the signatures as authority. Times are ages by the steady clock: while no process runs, none gets older, so that
 * neither a clock that was set wrong nor a pause proves anything.
 */
const FORMAT = 1
const HEADER = 2
const ROW = 17

export function encodeKnowledge(
  question: Question,
  { records, signatures }: Knowledge,
  now: number,
): Uint8Array {
  const message = encodeMessage(
    messageOf(
      question,
      records.map(({ record }) => record),
      signatures,
    ),
  )
  const octets = new Uint8Array(HEADER + ROW * records.length + message.length)
  const view = new DataView(octets.buffer)
  view.setUint8(0, FORMAT)
  view.setUint8(1, records.length)
  for (const [n, { firstSeen, lastSeen, isProved }] of records.entries()) {
    const at = HEADER + ROW * n
    view.setUint8(at, isProved ? 1 : 0)
    view.setFloat64(at + 1, now - firstSeen)
    view.setFloat64(at + 9, now - lastSeen)
  }
  octets.set(message, HEADER + ROW * records.length)
  return octets
}

/** What {@link encodeKnowledge} made; undefined for what it did not make. */
export function decodeKnowledge(
  octets: Uint8Array,
  now: number,
): { readonly question: Question; readonly knowledge: Knowledge } | undefined {
  const count = octets[1] ?? 0
  if (octets[0] !== FORMAT || octets.length < HEADER + ROW * count) return undefined
  if (count > MOST_PROVED + MOST_WAITING) return undefined
  const message = readMessage(octets.subarray(HEADER + ROW * count))
  const [question] = message?.questions ?? []
  if (message === undefined || question === undefined || message.answers.length !== count) return undefined
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const records = message.answers.map((record, n): KnownRecord => {
    const at = HEADER + ROW * n
    const lastSeen = now - ageOf(view.getFloat64(at + 9))
    const firstSeen = Math.min(lastSeen, now - ageOf(view.getFloat64(at + 1)))
    return { identity: identityOf(record), record, firstSeen, lastSeen, isProved: view.getUint8(at) === 1 }
  })
  const signatures = message.authorities.filter(({ type }) => type === RrType.RRSIG)
  return { question, knowledge: { records, signatures } }
}

function ageOf(age: number): number {
  return Number.isFinite(age) ? Math.max(0, age) : 0
}

const TROUBLES: readonly Doubt['trouble'][] = ['failed', 'no-name', 'no-data', 'bogus']
const DOUBT_OCTETS = 26

/** A doubt in octets: the format's number, the trouble, and times in milliseconds as doubles. */
export function encodeDoubt({ trouble, since, standing, seenAt }: Doubt, now: Moment): Uint8Array {
  const octets = new Uint8Array(DOUBT_OCTETS)
  const view = new DataView(octets.buffer)
  view.setUint8(0, FORMAT)
  view.setUint8(1, TROUBLES.indexOf(trouble))
  view.setFloat64(2, since)
  view.setFloat64(10, standing)
  view.setFloat64(18, now.time - (now.steady - seenAt))
  return octets
}

/** What {@link encodeDoubt} made. The time since then counts like any gap, by whatever the clock says. */
export function decodeDoubt(octets: Uint8Array, now: Moment): Doubt | undefined {
  const trouble = TROUBLES[octets[1] ?? TROUBLES.length]
  if (octets.length !== DOUBT_OCTETS || octets[0] !== FORMAT || trouble === undefined) return undefined
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const [since, standing, seenAt] = [view.getFloat64(2), view.getFloat64(10), view.getFloat64(18)]
  if (![since, standing, seenAt].every(Number.isFinite) || standing < 0) return undefined
  const gap = Math.min(Math.max(0, now.time - seenAt), LONGEST_GAP)
  return { trouble, since, standing, seenAt: now.steady - gap }
}

function messageOf(
  question: Question,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
): Message {
  return createQuery(question, {
    response: true,
    opcode: Opcode.QUERY,
    rcode: Rcode.NOERROR,
    answers,
    authorities,
  })
}

function readMessage(octets: Uint8Array): Message | undefined {
  try {
    return decodeMessage(octets, { trailing: 'refuse' })
  } catch {
    return undefined
  }
}
