import type { Libp2p, Peer, PeerId, PeerUpdate } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Logger } from '../logger.ts'

/**
 * Peers that a host remembers with their addresses: those that it met, and those that others named to it. A lookup needs
 * whom it hears of for seconds, and a start needs one that is still there.
 */
export const REMEMBERED_PEERS = 10_000

/** Addresses of one peer that are remembered: as many as libp2p dials. */
export const REMEMBERED_ADDRESSES = 25

/** Octets of all that is remembered of one peer; an honest one's signed record of itself has a few hundred. */
const REMEMBERED_OCTETS = 24_576

/** What kad-dht writes at the peers in its routing table. */
const TABLE_TAG = 'kad-peer'

type Remembering = Pick<Libp2p, 'peerStore' | 'getConnections' | 'addEventListener'>

/**
 * Bounds a host's memory of peers from now on. libp2p writes down whoever connects, and whom anybody names, and forgets
 * by age alone, so that strangers fill memory and disk with peers that do not exist.
 * @param known the peers that are remembered already.
 */
export function boundPeerMemory(
  host: Remembering,
  known: readonly Peer[],
  logger: Logger,
  limit: number = REMEMBERED_PEERS,
): void {
  const memory = new PeerMemory(host, logger, limit)
  for (const peer of known) memory.note(peer)
  host.addEventListener('peer:update', ({ detail }: CustomEvent<PeerUpdate>) => {
    memory.note(detail.peer)
  })
}

class PeerMemory {
  private readonly host: Remembering
  private readonly logger: Logger
  private readonly limit: number
  // By text, which takes a twentieth of a peer ID; who changed longest ago comes first.
  private readonly met = new Set<string>()
  private readonly inTable = new Set<string>()

  constructor(host: Remembering, logger: Logger, limit: number) {
    this.host = host
    this.logger = logger
    this.limit = limit
  }

  note(peer: Peer): void {
    const name = peer.id.toString()
    this.met.delete(name)
    this.inTable.delete(name)
    if (octetsOf(peer) > REMEMBERED_OCTETS) {
      this.change(peer.id, this.host.peerStore.delete(peer.id))
      return
    }
    if (peer.addresses.length > REMEMBERED_ADDRESSES)
      this.change(peer.id, this.host.peerStore.patch(peer.id, { addresses: bestAddresses(peer) }))
    if (peer.tags.has(TABLE_TAG)) this.inTable.add(name)
    else this.met.add(name)
    while (this.met.size + this.inTable.size > this.limit) if (!this.forgetOne()) return
  }

  /**
   * Who is in no routing table goes first: a flood of names must not take away the peers by which this node finds its
   * way back. Connected peers stay.
   */
  private forgetOne(): boolean {
    for (const names of [this.met, this.inTable])
      for (let left = names.size; left > 0; left--) {
        const [name = ''] = names
        const id = peerIdFromString(name)
        names.delete(name)
        if (this.host.getConnections(id).length === 0) {
          this.change(id, this.host.peerStore.delete(id))
          return true
        }
        names.add(name)
      }
    return false
  }

  private change(peer: PeerId, change: Promise<unknown>): void {
    change.catch((error: unknown) => {
      this.logger.debug('what is remembered of a peer could not be changed', {
        peer: peer.toString(),
        problem: String(error),
      })
    })
  }
}

/** Those that the peer signed before all others. */
function bestAddresses({ addresses }: Peer): Peer['addresses'] {
  return addresses
    .toSorted((a, b) => Number(b.isCertified) - Number(a.isCertified))
    .slice(0, REMEMBERED_ADDRESSES)
}

function octetsOf({ addresses, protocols, metadata, peerRecordEnvelope }: Peer): number {
  let octets = peerRecordEnvelope?.length ?? 0
  for (const { multiaddr } of addresses.slice(0, REMEMBERED_ADDRESSES)) octets += multiaddr.bytes.length
  for (const protocol of protocols) octets += protocol.length
  for (const [name, value] of metadata) octets += name.length + value.length
  return octets
}
