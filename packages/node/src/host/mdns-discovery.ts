import { createSocket } from 'node:dgram'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'

type Discovery = ReturnType<ReturnType<typeof mdns>>

/** Finds peers of a network on the same link (RFC 6762), and tells the caller of each that answers. */
export function discoverByMdns(
  serviceTag: string,
  onPeer: (peer: PeerInfo) => void,
): (components: MulticastDNSComponents) => Discovery {
  return components => {
    const discovery = mdns({ serviceTag })(components)
    // libp2p itself only writes down what is discovered; it dials nobody.
    discovery.addEventListener('peer', event => {
      onPeer(event.detail)
    })
    return discovery
  }
}

/** Connects with a discovered peer, if there is no connection yet. One that cannot be reached says nothing. */
export async function meet(libp2p: Libp2p, peer: PeerInfo): Promise<boolean> {
  if (libp2p.getConnections(peer.id).length > 0) return false
  try {
    await libp2p.dial(peer.multiaddrs.map(address => address.encapsulate(`/p2p/${peer.id.toString()}`)))
    return true
  } catch {
    return false
  }
}

/** RFC 6762, section 3. */
const MDNS_ADDRESS = '224.0.0.251'
const MDNS_PORT = 5353

/**
 * Why multicast DNS cannot send, undefined where it can. The library that sends says nothing: it uses the route to
 * the multicast address, and on a link without a router there may be none. Sends no packet.
 */
export async function multicastProblem(): Promise<string | undefined> {
  const socket = createSocket('udp4')
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  // Node gives the error of a failed connect to the callback.
  socket.connect(MDNS_PORT, MDNS_ADDRESS, (error?: Error) => {
    resolve(error?.message)
  })
  const problem = await promise
  socket.close()
  return problem
}
