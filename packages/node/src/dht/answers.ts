import { type PeerId, type PeerInfo, type PeerStore, peerDiscoverySymbol } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import * as Digest from 'multiformats/hashes/digest'
import { REMEMBERED_ADDRESSES } from '../host/peer-memory.ts'
import { replaceExchange } from './kad-internals.ts'
import type { KadPeer } from './kad-message.ts'
import { exchange } from './kad-stream.ts'

/** Closer peers, and providers, that a message names at most: k of libp2p's kad-dht specification. */
export const NAMED_PEERS = 20

/** Addresses of each that are listened to, one of which is dialled after the other. */
const ADDRESSES = 8

/** Octets of one; that of a relayed peer has a hundred. */
const LONGEST_ADDRESS = 256

/**
 * Bounds what a peer's answer makes this node do, from now on. kad-dht reads four million octets of it, and pings every
 * peer that it names, tens of thousands, and libp2p writes them all down.
 */
export function boundAnswers(
  dht: KadDHT,
  { peerId, peerStore }: { readonly peerId: PeerId; readonly peerStore: Naming },
): void {
  // By this libp2p would hear of them.
  Object.defineProperty(dht, peerDiscoverySymbol, { value: undefined })
  replaceExchange(dht, async (stream, request, signal, onPeer) => {
    const asked = { closer: [], providers: [], ...request }
    const { closer, providers, ...rest } = await exchange(stream, asked, signal)
    const named = new NamedPeers()
    const answer = { ...rest, closer: named.take(closer), providers: named.take(providers) }
    const infos = [...answer.closer, ...answer.providers]
      .map(({ info }) => info)
      // Whom nobody can dial is not worth a word, and of itself a node knows more than others.
      .filter(({ id, multiaddrs }) => multiaddrs.length > 0 && !id.equals(peerId))
    // A disk that writes nothing down makes no answer worse.
    await Promise.allSettled(infos.map(async info => remember(peerStore, info)))
    for (const info of infos) onPeer(info)
    return answer
  })
}

type Naming = Pick<PeerStore, 'get' | 'merge'>

/** First come, first served: what is said of a peer takes none of the addresses from it that it has. */
async function remember(peerStore: Naming, { id, multiaddrs }: PeerInfo): Promise<void> {
  const known = (await peerStore.get(id).catch(() => undefined))?.addresses ?? []
  const further = multiaddrs.filter(one => !known.some(({ multiaddr }) => multiaddr.equals(one)))
  const taken = further.slice(0, Math.max(0, REMEMBERED_ADDRESSES - known.length))
  // Most are known, and libp2p would write them down again.
  if (taken.length > 0) await peerStore.merge(id, { multiaddrs: taken })
}

interface NamedPeer extends KadPeer {
  readonly info: PeerInfo
}

/** The peers of one answer that count. */
export class NamedPeers {
  private readonly owners = new Map<string, KadPeer>()

  /**
   * The first {@link NAMED_PEERS}, with addresses that this node can dial. A port of a machine is one peer's in an
   * answer: who names twenty for it would have it dialled twenty times.
   */
  take(peers: readonly KadPeer[]): NamedPeer[] {
    return peers.slice(0, NAMED_PEERS).flatMap(peer => this.read(peer) ?? [])
  }

  private read(peer: KadPeer): NamedPeer | undefined {
    const multiaddrs: Uint8Array[] = []
    for (const address of peer.multiaddrs) {
      const port = portOf(address)
      if (port === undefined || (this.owners.get(port) ?? peer) !== peer) continue
      this.owners.set(port, peer)
      multiaddrs.push(address)
      if (multiaddrs.length === ADDRESSES) break
    }
    try {
      const id = peerIdFromMultihash(Digest.decode(peer.id))
      return { id: peer.id, multiaddrs, info: { id, multiaddrs: multiaddrs.map(one => multiaddr(one)) } }
    } catch {
      // No peer at all; the others of the answer may be.
      return undefined
    }
  }
}

/** The beginning of a multiaddr in binary, and where the code of TCP is in it (multiformats' table of protocols). */
const HOSTS: { readonly [code: number]: number } = { 4: 5, 41: 17 }
const TCP = 6

/** The IP address and TCP port in an address; undefined for what this node has no transport for, or that needs DNS. */
function portOf(address: Uint8Array): string | undefined {
  const end = HOSTS[address[0] ?? -1]
  if (end === undefined || address[end] !== TCP) return undefined
  if (address.length < end + 3 || address.length > LONGEST_ADDRESS) return undefined
  return Buffer.from(address.subarray(0, end + 3)).toString('latin1')
}
