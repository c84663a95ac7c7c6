import type { Case, FlagName, ReplyDescription, Role, Transport } from './case.ts'
import { fromHex, nameText, rcodeText, toHex, typeText } from './notation.ts'
import type { WrittenQuery } from './query.ts'
import { readLine, printRecord } from './record-text.ts'
import { Flag, type Reply, type WireRecord, readReply } from './reply.ts'
import { brokenRules } from './rules.ts'

/** Seconds that a record may have been kept already. */
const AGE = 60

export interface Circumstances {
  readonly origin: string
  readonly role: Role
  readonly transport: Transport
}

/** What is wrong with a reply; nothing where it is as the case has it, and as all replies must be. */
export function judge(
  { reply: wanted }: Case,
  query: WrittenQuery,
  octets: Uint8Array | undefined,
  at: Circumstances,
): string[] {
  if (octets === undefined) return wanted === 'none' ? [] : ['there was no reply']
  let reply: Reply
  try {
    reply = readReply(octets)
  } catch (error) {
    return [`the reply is broken: ${(error as Error).message}`]
  }
  const broken = brokenRules(reply, query, at)
  if (wanted === 'none') return ['there was a reply', ...broken]
  const complaints = wanted.map(one => differences(one, query, reply, at))
  const least = complaints.toSorted((a, b) => a.length - b.length)[0] ?? []
  return [...broken, ...least]
}

function differences(
  wanted: ReplyDescription,
  query: WrittenQuery,
  reply: Reply,
  { origin }: Circumstances,
): string[] {
  const found: string[] = []
  const rcode = rcodeText(reply.rcode)
  if (!wanted.rcode.includes(rcode)) found.push(`the rcode is ${rcode}, not ${wanted.rcode.join(' or ')}`)
  const hasFlag = (flag: FlagName): boolean => (reply.flags & Flag[flag]) !== 0
  for (const flag of wanted.set ?? []) if (!hasFlag(flag)) found.push(`${flag} is clear`)
  const clear =
    wanted.set?.includes('TC') === true ? (wanted.clear ?? []) : ['TC' as const, ...(wanted.clear ?? [])]
  for (const flag of clear) if (hasFlag(flag)) found.push(`${flag} is set`)
  if (wanted.answer !== undefined) {
    const answers = reply.answers.filter(record => !isSignature(record))
    found.push(...recordDifferences('answer', wanted.answer, answers, origin))
  }
  for (const record of wanted.answerTypes === undefined ? [] : reply.answers)
    if (wanted.answerTypes?.includes(typeText(record.type)) === false)
      found.push(`the answer section has ${printRecord(record).text}`)
  if (wanted.signed === false && reply.answers.some(isSignature)) found.push('the answer has a signature')
  if (wanted.signed === true) found.push(...unsigned(reply.answers))
  if (wanted.authority === 'soa' || wanted.authority === 'proof') {
    if (!reply.authorities.some(({ type }) => type === SOA)) found.push('the authority section has no SOA')
    if (wanted.authority === 'proof' && !reply.authorities.some(isSignature))
      found.push('the authority section has no signature')
  } else if (wanted.authority !== undefined && wanted.authority !== 'any')
    found.push(...recordDifferences('authority', wanted.authority, reply.authorities, origin))
  if (wanted.ownersAsAsked === true && query.name !== undefined) {
    const asked = nameText(query.name)
    for (const { name } of reply.answers)
      if (nameText(name) !== asked) found.push(`the owner is ${nameText(name)}, not ${asked}`)
  }
  if (wanted.opt !== undefined && (reply.opt !== undefined) !== wanted.opt)
    found.push(`there is ${wanted.opt ? 'no' : 'an'} OPT record`)
  found.push(...optionDifferences(wanted, reply))
  return found
}

const SOA = 6
const RRSIG = 46
/** RRSIG, NSEC and NSEC3. */
const SIGNATURES: ReadonlySet<number> = new Set([46, 47, 50])

function isSignature({ type }: WireRecord): boolean {
  return SIGNATURES.has(type)
}

function setOf(name: Uint8Array, type: number): string {
  return `${nameText(name).toLowerCase()} ${typeText(type)}`
}

/** The RRsets of a section without a signature that covers them (RFC 4034, section 3.1.1). */
function unsigned(records: readonly WireRecord[]): string[] {
  const covered = new Set(
    records
      .filter(({ type }) => type === RRSIG)
      .map(({ name, rdata: [high = 0, low = 0] }) => setOf(name, (high << 8) | low)),
  )
  const sets = new Set(
    records.filter(record => !isSignature(record)).map(({ name, type }) => setOf(name, type)),
  )
  const without = [...sets].filter(set => !covered.has(set)).map(set => `${set} has no signature`)
  return covered.size === 0 ? ['the answer has no signature', ...without] : without
}

function recordDifferences(
  section: string,
  wanted: readonly string[],
  records: readonly WireRecord[],
  origin: string,
): string[] {
  const expected = wanted.map(line => readLine(line, origin))
  const given = records.map(printRecord)
  const missing = expected.filter(({ text }) => !given.some(record => record.text === text))
  const surplus = given.filter(({ text }) => !expected.some(line => line.text === text))
  return [
    ...few(missing).map(text => `the ${section} section has no ${text}`),
    ...few(surplus).map(text => `the ${section} section has ${text}`),
    ...given.flatMap(({ text, ttl }) => {
      const ttls = expected.find(line => line.text === text)?.ttls ?? [ttl]
      const isRight = ttls.some(most => ttl <= most && ttl >= most - AGE)
      return isRight ? [] : [`the TTL of ${text} is ${ttl}, where the zone has ${ttls.join(' or ')}`]
    }),
  ]
}

const FEW = 4

function few(lines: readonly { readonly text: string }[]): string[] {
  const texts = lines.slice(0, FEW).map(({ text }) => text)
  return lines.length > FEW ? [...texts, `${lines.length - FEW} more`] : texts
}

function optionDifferences(wanted: ReplyDescription, reply: Reply): string[] {
  const options = reply.opt?.options ?? []
  const found: string[] = []
  for (const { code, data, length } of wanted.options ?? []) {
    const option = options.find(one => one.code === code)
    if (option === undefined) found.push(`EDNS option ${code} is missing`)
    else if (data !== undefined && toHex(option.data.slice(0, fromHex(data).length)) !== data)
      found.push(`EDNS option ${code} has ${toHex(option.data)}`)
    else if (length !== undefined && !length.includes(option.data.length))
      found.push(`EDNS option ${code} has ${option.data.length} octets`)
  }
  for (const code of wanted.noOptions ?? [])
    if (options.some(one => one.code === code)) found.push(`EDNS option ${code} is there`)
  return found
}
