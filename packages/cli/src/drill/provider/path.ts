import type { Socket } from 'node:dgram'
import { Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import { addressOf, bindUdp } from '../machine/udp.ts'
import type { HostPort } from '../../values/host-port.ts'

/** What becomes of questions on their way to the provider's servers. */
export type PathState = 'open' | 'servfail' | 'silent'

/** Questions of one resolver that wait for the authority at once; further ones are lost, as on a full line. */
const WAITING = 2000

/** The way from resolvers to the provider's DNS servers, which the drill breaks. Octets pass through it as they are. */
export class Path implements AsyncDisposable {
  state: PathState = 'open'
  private readonly ways: Way[] = []
  private readonly authority: HostPort

  constructor(authority: HostPort) {
    this.authority = authority
  }

  /** A way for one resolver. @param at port 0 is any that is free. @param seen is told of every question on it. */
  async open(at: HostPort, seen: () => void = () => {}): Promise<HostPort> {
    const near = await bindUdp(at)
    const far = await bindUdp({ host: '127.0.0.1', port: 0 })
    this.ways.push(new Way({ near, far, authority: this.authority, seen, state: () => this.state }))
    return addressOf(near)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.ways.map(async way => way.close()))
  }
}

interface WayParts {
  readonly near: Socket
  readonly far: Socket
  readonly authority: HostPort
  readonly seen: () => void
  readonly state: () => PathState
}

class Way {
  private readonly parts: WayParts
  /** By the identifier that the question has beyond; the oldest first. */
  private readonly waiting = new Map<number, { readonly client: HostPort; readonly id: number }>()
  private nextId = 0

  constructor(parts: WayParts) {
    this.parts = parts
    parts.near.on('message', (octets, { address, port }) => this.take(octets, { host: address, port }))
    parts.far.on('message', octets => this.giveBack(octets))
  }

  async close(): Promise<void> {
    const { near, far } = this.parts
    await Promise.all([near, far].map(socket => new Promise<void>(resolve => socket.close(() => resolve()))))
  }

  private take(octets: Buffer, client: HostPort): void {
    const { near, far, authority, seen, state } = this.parts
    seen()
    if (state() === 'silent' || octets.length < 2) return
    if (state() === 'servfail') {
      const reply = servfailTo(octets)
      if (reply !== undefined) near.send(reply, client.port, client.host)
      return
    }
    const id = this.nextId
    this.nextId = (id + 1) % 65_536
    const [oldest] = this.waiting.keys()
    if (oldest !== undefined && this.waiting.size >= WAITING) this.waiting.delete(oldest)
    this.waiting.set(id, { client, id: octets.readUInt16BE() })
    const question = Buffer.from(octets)
    question.writeUInt16BE(id)
    far.send(question, authority.port, authority.host)
  }

  private giveBack(octets: Buffer): void {
    if (octets.length < 2) return
    const id = octets.readUInt16BE()
    const asked = this.waiting.get(id)
    // What comes once the way is broken is lost.
    if (asked === undefined || this.parts.state() !== 'open') return
    this.waiting.delete(id)
    const reply = Buffer.from(octets)
    reply.writeUInt16BE(asked.id)
    this.parts.near.send(reply, asked.client.port, asked.client.host)
  }
}

function servfailTo(octets: Uint8Array): Uint8Array | undefined {
  try {
    const { edns: _edns, ...query } = decodeMessage(Uint8Array.from(octets))
    return encodeMessage({
      ...query,
      response: true,
      rcode: Rcode.SERVFAIL,
      answers: [],
      authorities: [],
      additionals: [],
    })
  } catch {
    return undefined
  }
}
