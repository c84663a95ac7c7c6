import type { Protection } from '../abuse/protection.ts'
import type { Limits } from '../limits.ts'
import type { Transport } from '../query.ts'

/** What goes on over one client's connection. */
export interface Conversation {
  /** Nothing that the client asked for is still owed to it. */
  readonly isIdle: boolean
  /** Octets of replies that the client has not taken, so that they wait in this process. */
  readonly unsent: number
  /** Takes no further query, answers those it has, then closes. */
  finish(): void
  /** Lets go of the client, though not of replies that are on their way out. */
  close(): void
  /** Lets go of everything at once. */
  abort(): void
}

export type StreamTransport = Exclude<Transport, 'udp'>

/** A connection's place among all others. */
export interface Place {
  /** To be set at once. */
  conversation: Conversation | undefined
  /** The client may not ask: it is told so once, and then the connection is over. */
  readonly isStranger: boolean
  /** The client asked something: of all connections, this one is now the last to go. */
  touch(): void
  /** What is unsent may have changed. */
  count(): void
  /** The connection is gone. */
  leave(): void
}

export interface ConnectionStats {
  readonly open: Readonly<Record<StreamTransport, number>>
  /** Idle ones that were closed before their time, for newer ones. */
  readonly displaced: number
  /** New ones that were closed as they came, since none was idle. */
  readonly refused: number
  /** Those that were closed since their clients did not take what they had asked for. */
  readonly untaken: number
}

interface Entry extends Place {
  readonly transport: StreamTransport
  readonly client: string
  /** As it was counted. */
  unsent: number
}

type ConnectionLimits = Pick<Limits, 'tcpConnections' | 'tcpPerClient' | 'tcpUnsent'>

/** Entries that are looked at to find an idle one: those before the rest were used longest ago. */
const MAX_LOOK = 256

/**
 * All connections of a gateway. There are bounds for all together and for each client; where one is reached, the
 * connection that has been idle longest makes room, so that neither a client nor a crowd can keep others out by
 * holding on (RFC 7766, section 6.2.3). Sets keep the order in which connections were used. Replies that nobody takes
 * have a bound too: past it, who has most of them waiting is let go.
 */
export class Connections {
  private readonly limits: ConnectionLimits
  private readonly protection: Pick<Protection, 'clients' | 'refusesAloud'>
  private readonly all = new Set<Entry>()
  private readonly byClient = new Map<string, Set<Entry>>()
  private readonly open: Record<StreamTransport, number> = { tcp: 0, tls: 0, https: 0 }
  private displaced = 0
  private refused = 0
  private untaken = 0
  private unsent = 0

  constructor(limits: ConnectionLimits, protection: Pick<Protection, 'clients' | 'refusesAloud'>) {
    this.limits = limits
    this.protection = protection
  }

  /** Undefined where there is no room, and for strangers who come too often to be told that they may not ask. */
  enter(transport: StreamTransport, address: string): Place | undefined {
    const { allowed, network: client } = this.protection.clients.of(address)
    if (!allowed && !this.protection.refusesAloud()) return undefined
    if (!this.makeRoom(client)) {
      this.refused++
      return undefined
    }
    const entry: Entry = {
      transport,
      client,
      conversation: undefined,
      isStranger: !allowed,
      unsent: 0,
      touch: () => {
        for (const entries of [this.all, this.byClient.get(client)])
          if (entries?.delete(entry) === true) entries.add(entry)
      },
      count: () => {
        this.count(entry)
        if (this.unsent > this.limits.tcpUnsent) this.shed()
      },
      leave: () => {
        this.remove(entry)
      },
    }
    this.all.add(entry)
    const own = this.byClient.get(client)
    if (own === undefined) this.byClient.set(client, new Set([entry]))
    else own.add(entry)
    this.open[transport]++
    return entry
  }

  stats(): ConnectionStats {
    const { displaced, refused, untaken } = this
    return { open: { ...this.open }, displaced, refused, untaken }
  }

  private makeRoom(client: string): boolean {
    const own = this.byClient.get(client)
    if (own !== undefined && own.size >= this.limits.tcpPerClient) return this.displace(own)
    return this.all.size < this.limits.tcpConnections || this.displace(this.all)
  }

  private displace(among: ReadonlySet<Entry>): boolean {
    let looked = 0
    for (const entry of among) {
      if (entry.conversation?.isIdle === true) {
        this.displaced++
        this.remove(entry)
        entry.conversation.close()
        return true
      }
      // It is in use now, so it is not looked at again before all others were.
      entry.touch()
      if (++looked === Math.min(MAX_LOOK, among.size)) break
    }
    return false
  }

  private count(entry: Entry): void {
    const unsent = entry.conversation?.unsent ?? 0
    if (unsent === entry.unsent || !this.all.has(entry)) return
    this.unsent += unsent - entry.unsent
    entry.unsent = unsent
  }

  /** Nobody says when part of a backlog was taken, so all are counted before anybody has to go. */
  private shed(): void {
    for (const entry of this.all) this.count(entry)
    while (this.unsent > this.limits.tcpUnsent) {
      const client = greatest(this.byClient.values(), unsentOfAll)
      const entry = client && greatest(client, ({ unsent }) => unsent)
      if (entry === undefined) return
      this.untaken++
      this.remove(entry)
      entry.conversation?.abort()
    }
  }

  private remove(entry: Entry): void {
    if (!this.all.delete(entry)) return
    const own = this.byClient.get(entry.client)
    own?.delete(entry)
    if (own?.size === 0) this.byClient.delete(entry.client)
    this.open[entry.transport]--
    this.unsent -= entry.unsent
  }
}

function unsentOfAll(entries: Iterable<Entry>): number {
  let sum = 0
  for (const { unsent } of entries) sum += unsent
  return sum
}

function greatest<T>(among: Iterable<T>, measure: (one: T) => number): T | undefined {
  let found: T | undefined
  let most = -Infinity
  for (const one of among) {
    const much = measure(one)
    if (much > most) [found, most] = [one, much]
  }
  return found
}
