import { rcodeText, typeText } from '../notation.ts'
import { printRecord } from '../record-text.ts'
import type { Reply } from '../reply.ts'

/** What two servers must agree on. */
export interface Said {
  readonly rcode: string
  readonly answers: ReadonlyMap<string, Answer>
  /** Records that stand there more than once. */
  readonly repeated: readonly string[]
  /** The SOAs of the authority section. */
  readonly soa: readonly string[]
}

export interface Answer {
  readonly owner: string
  readonly type: string
  readonly ttl: number
}

export function saidIn(reply: Reply): Said {
  const answers = reply.answers.map(record => {
    const { text, ttl } = printRecord(record)
    return [text, { owner: text.slice(0, text.indexOf(' ')), type: typeText(record.type), ttl }] as const
  })
  const soas = reply.authorities.filter(({ type }) => typeText(type) === 'SOA')
  return {
    rcode: rcodeText(reply.rcode),
    answers: new Map(answers),
    repeated: answers.map(([text]) => text).filter((text, at, all) => all.indexOf(text) !== at),
    soa: soas.map(record => printRecord(record).text),
  }
}

export interface Difference {
  readonly of: 'rcode' | 'records' | 'ttl' | 'soa'
  readonly text: string
  /** The record whose TTL it is. */
  readonly answer?: Answer
}

/** Seconds by which TTLs may differ, since the two servers learn what they say one after the other. */
const TTL_DIFFERENCE = 1

export function differencesOf(ours: Said, theirs: Said): Difference[] {
  const found: Difference[] = []
  if (ours.rcode !== theirs.rcode) found.push({ of: 'rcode', text: `${ours.rcode}, not ${theirs.rcode}` })
  for (const [text, answer] of theirs.answers) {
    const own = ours.answers.get(text)
    if (own === undefined) found.push({ of: 'records', text: `without ${text}` })
    else if (Math.abs(own.ttl - answer.ttl) > TTL_DIFFERENCE)
      found.push({ of: 'ttl', text: `${own.ttl}, not ${answer.ttl}: ${text}`, answer })
  }
  for (const text of ours.answers.keys())
    if (!theirs.answers.has(text)) found.push({ of: 'records', text: `with ${text}` })
  for (const text of ours.repeated) found.push({ of: 'records', text: `twice ${text}` })
  if (ours.soa.join(' ') !== theirs.soa.join(' '))
    found.push({ of: 'soa', text: `${ours.soa.join(' ') || 'none'}, not ${theirs.soa.join(' ') || 'none'}` })
  return found
}
