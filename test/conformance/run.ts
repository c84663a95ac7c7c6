import { randomInt } from 'node:crypto'
import type { Case, Transport } from './case.ts'
import { exchange, framed, idOf, stream } from './exchange.ts'
import { judge } from './judge.ts'
import { concat, octetsOf } from './notation.ts'
import { type WrittenQuery, writeQuery } from './query.ts'
import type { Subject } from './subjects.ts'

/** Whether a case says anything about servers of the subject's role. */
export function applies({ roles }: Case, { role }: Pick<Subject, 'role'>): boolean {
  return roles.includes(role)
}

/** Puts a case to a server, over every transport that it is for. What is wrong comes back, in words; nothing is well. */
export async function complaintsAbout(subject: Subject, one: Case): Promise<string[]> {
  const complaints: string[] = []
  for (const transport of one.over) {
    const found =
      one.stream === undefined
        ? await askAlone(subject, one, transport)
        : await askInStream(subject, one, one.stream)
    complaints.push(...found.map(text => `${transport}: ${text}`))
  }
  return complaints
}

async function askAlone(subject: Subject, one: Case, transport: Transport): Promise<string[]> {
  const { at, origin, role } = subject
  const [description = {}] = one.queries
  const id = randomInt(0x10000)
  const query = writeQuery(description, origin, id)
  // Where another reply is due, there is time for it.
  const maySilence = one.reply === 'none' || one.deviates[subject.name] !== undefined
  const sentinel = maySilence ? writeQuery({}, origin, id ^ 0x5555).octets : undefined
  const reply = await exchange(at, transport, query.octets, sentinel)
  return judge(one, query, reply, { origin, role, transport })
}

async function askInStream(
  { at, origin, role }: Subject,
  one: Case,
  { before = '', writes, end = false, mayClose = false }: NonNullable<Case['stream']>,
): Promise<string[]> {
  const first = randomInt(0x8000)
  const queries = one.queries.map((description, n) => writeQuery(description, origin, first + n))
  const octets = concat([octetsOf(before, origin, 0), ...queries.map(query => framed(query.octets))])
  const pieces = writes === 'octets' ? Array.from(octets, octet => Uint8Array.of(octet)) : [octets]
  const ids = queries.map(({ id }) => id)
  const { messages, isClosed } = await stream(at, pieces, ids, end)
  const replyTo = ({ id }: WrittenQuery): Uint8Array | undefined => messages.find(reply => idOf(reply) === id)
  return queries.flatMap(query => {
    const reply = replyTo(query)
    return reply === undefined && mayClose && isClosed
      ? []
      : judge(one, query, reply, { origin, role, transport: 'tcp' })
  })
}
