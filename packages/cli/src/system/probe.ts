import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import {
  type Edns,
  type Message,
  RrClass,
  RrType,
  createQuery,
  decodeMessage,
  encodeMessage,
  parseName,
} from '@signpost/dns'
import type { HostPort } from '../values/host-port.ts'

/** What somebody says when asked for the SOA of a suffix. */
export type Probe =
  /** Only a gateway has this SOA: no zone describes a suffix. */
  | { readonly kind: 'gateway' }
  | { readonly kind: 'other'; readonly rcode: number }
  | { readonly kind: 'silence'; readonly reason: string }

/** Milliseconds for one question. */
const ANSWER_WAIT = 3000

/** Whether a gateway for the suffix answers at an address. */
export async function probe(
  at: HostPort,
  suffix: string,
  transport: 'udp' | 'tcp' = 'udp',
  wait: number = ANSWER_WAIT,
): Promise<Probe> {
  try {
    const { answers, rcode } = await ask(at, { name: suffix, type: RrType.SOA, transport, wait })
    const soa = answers.find(({ type }) => type === RrType.SOA)?.rdata
    const own =
      soa?.kind === 'SOA' &&
      soa.primary.equals(parseName(`${suffix}.`)) &&
      soa.mailbox.toString() === 'nobody.invalid.'
    return own ? { kind: 'gateway' } : { kind: 'other', rcode }
  } catch (error) {
    return { kind: 'silence', reason: reasonOf(error) }
  }
}

/** So that whoever answers may say more (RFC 8914). */
const EDNS: Edns = { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [] }

export interface Asked {
  /** With or without the final dot. */
  readonly name: string
  readonly type: number
  readonly transport: 'udp' | 'tcp'
  readonly wait?: number
}

/** @throws where there is no answer, or one that cannot be read. */
export async function ask(
  at: HostPort,
  { name, type, transport, wait = ANSWER_WAIT }: Asked,
): Promise<Message> {
  const id = Math.floor(Math.random() * 0x1_0000)
  const question = { name: parseName(name.endsWith('.') ? name : `${name}.`), type, class: RrClass.IN }
  const query = encodeMessage(createQuery(question, { id, edns: EDNS }))
  const signal = AbortSignal.timeout(wait)
  const reply = decodeMessage(
    await (transport === 'udp' ? overUdp(at, query, signal) : overTcp(at, query, signal)),
  )
  if (reply.id !== id) throw new Error('it answers with the wrong ID')
  return reply
}

async function overUdp(
  { host, port }: HostPort,
  query: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(port, host)
    await once(socket, 'connect', { signal })
    const answer = once(socket, 'message', { signal }) as Promise<[Uint8Array]>
    socket.send(query)
    return (await answer)[0]
  } finally {
    socket.close()
  }
}

async function overTcp(
  { host, port }: HostPort,
  query: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const socket = connect({ host, port })
  const end = (): void => {
    socket.destroy(new Error('it does not answer in time'))
  }
  signal.addEventListener('abort', end)
  try {
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]))
    let octets = Buffer.alloc(0)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      octets = Buffer.concat([octets, chunk])
      const length = octets.length < 2 ? Infinity : octets.readUInt16BE()
      if (octets.length >= length + 2) return octets.subarray(2, length + 2)
    }
    throw new Error('it closed the connection')
  } finally {
    signal.removeEventListener('abort', end)
    socket.destroy()
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'it does not answer in time'
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'nobody listens there' : error.message
}
