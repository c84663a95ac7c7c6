import type { Protection } from '../abuse/protection.ts'
import type { Limits } from '../limits.ts'
import type { Transport } from '../query.ts'

/** What goes on over one client's connection. */
export interface Conversation {
  /** Nothing that the client asked for is still owed to it. */
  readonly isIdle: boolean
  /** Takes no further query, answers those it has, then closes. */
  finish(): void
  /** Lets go of the client, though not of replies that are on their way out. */
  close(): void
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
  /** The connection is gone. */
  leave(): void
}

export interface ConnectionStats {
  readonly open: Readonly<Record<StreamTransport, number>>
  /** Idle ones that were closed before their time, for newer ones. */
  readonly displaced: number
  /** New ones that were closed as they came, since none was idle. */
  readonly refused: number
}

interface Entry extends Place {
  readonly transport: StreamTransport
  readonly client: string
}

/** Entries that are looked at to find an idle one: those before the rest were used longest ago. */
const MAX_LOOK = 64

/**
 * All connections of a gateway. There are bounds for all together and for each client; where one is reached, the
 * connection that has been idle longest makes room, so that neither a client nor a crowd can keep others out by
 * holding on (RFC 7766, section 6.2.3). Sets keep the order in which connections were used.
 */
export class Connections {
  private readonly limits: Pick<Limits, 'tcpConnections' | 'tcpPerClient'>
  private readonly protection: Pick<Protection, 'clients' | 'refusesAloud'>
  private readonly all = new Set<Entry>()
  private readonly byClient = new Map<string, Set<Entry>>()
  private readonly open: Record<StreamTransport, number> = { tcp: 0, tls: 0, https: 0 }
  private displaced = 0
  private refused = 0

  constructor(
    limits: Pick<Limits, 'tcpConnections' | 'tcpPerClient'>,
    protection: Pick<Protection, 'clients' | 'refusesAloud'>,
  ) {
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
      touch: () => {
        for (const entries of [this.all, this.byClient.get(client)])
          if (entries?.delete(entry) === true) entries.add(entry)
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
    return { open: { ...this.open }, displaced: this.displaced, refused: this.refused }
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
      if (++looked === MAX_LOOK) break
    }
    return false
  }

  private remove(entry: Entry): void {
    if (!this.all.delete(entry)) return
    const own = this.byClient.get(entry.client)
    own?.delete(entry)
    if (own?.size === 0) this.byClient.delete(entry.client)
    this.open[entry.transport]--
  }
}
