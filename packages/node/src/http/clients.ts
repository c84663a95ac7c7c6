import { BlockList, isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { sourceOf } from '../dht/source.ts'

/** Tells the clients of a server apart, also those behind its reverse proxies. */
export class Clients {
  private readonly proxies = new BlockList()

  /** @param proxies as {@link isProxyAddress} accepts them. */
  constructor(proxies: readonly string[]) {
    for (const network of proxies.map(readNetwork))
      if (network !== undefined) this.proxies.addSubnet(network.address, network.bits, network.family)
  }

  /** Whether a connection is a reverse proxy's, so that it carries the requests of many clients. */
  isProxy(remoteAddress: string | undefined): boolean {
    const [address = ''] = (remoteAddress ?? '').split('%')
    const family = isIP(address)
    return family !== 0 && this.proxies.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }

  /**
   * Who sends a request; see {@link sourceOfClient}. A proxy appends who came to it, so the last one that is no proxy is
   * the client, and whatever stands before that is the client's word alone.
   * @param forwardedFor the header X-Forwarded-For.
   */
  sourceOf(remoteAddress: string | undefined, forwardedFor = ''): string {
    let client = remoteAddress
    for (const hop of forwardedFor.split(',').toReversed()) {
      const address = hop.trim()
      if (!this.isProxy(client) || isIP(address) === 0) break
      client = address
    }
    return sourceOfClient(client)
  }
}

/** Who somebody is that comes from an address, as for peers of the DHT; all programs of this machine are one. */
export function sourceOfClient(remoteAddress: string | undefined): string {
  const [address = ''] = (remoteAddress ?? '').split('%')
  const family = isIP(address)
  return sourceOf('http', family === 0 ? undefined : multiaddr(`/ip${family}/${address}/tcp/0`))
}

/** Whether a text is an IP address, or a network as in `10.0.0.0/8`. */
export function isProxyAddress(text: string): boolean {
  return readNetwork(text) !== undefined
}

function readNetwork(
  text: string,
): { readonly address: string; readonly family: 'ipv4' | 'ipv6'; readonly bits: number } | undefined {
  const [, address = '', length] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const bits = Number(length ?? most)
  if (version === 0 || bits > most) return undefined
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', bits }
}
