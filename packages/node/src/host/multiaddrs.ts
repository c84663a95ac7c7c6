import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '@libp2p/interface'
import { isLoopback } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { InvalidConfigError } from '@signpost/dns'

/** Where a server listens unless it is told: every interface, any free TCP port, both families. */
export const DEFAULT_LISTEN: readonly string[] = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']

// The components of each form in order. TLS needs a certificate of the listener's host name, so a
// secure WebSocket can be dialled and not listened on.
const LISTEN_FORMS: ReadonlySet<string> = new Set(['tcp', 'tcp/ws'])
const DIAL_FORMS: ReadonlySet<string> = new Set(['tcp', 'tcp/ws', 'tcp/wss', 'tcp/tls/ws', 'tcp/tls/sni/ws'])

/**
 * Reads an address to listen on: an IP address, a TCP port, and `/ws` for WebSockets.
 * @param option the option that it came from, for the error.
 * @throws InvalidConfigError
 */
export function parseListenAddress(text: string, option: string): Multiaddr {
  const address = parse(text, option)
  const [host, ...rest] = address.getComponents().map(component => component.name)
  if (!isIp(host) || !LISTEN_FORMS.has(rest.join('/')))
    throw new InvalidConfigError(
      option,
      `cannot listen on ${text}; write an IP address and a TCP port, as in /ip4/127.0.0.1/tcp/4011, ` +
        'with /ws at the end for WebSockets',
    )
  return address
}

/**
 * Reads an address under which others reach this node: an IP address that is one machine's and not this machine's alone,
 * and the TCP port there.
 * @param option the option that it came from, for the error.
 * @throws InvalidConfigError
 */
export function parseAnnounceAddress(text: string, option: string): Multiaddr {
  const address = parse(text, option)
  const [host, port, ...rest] = address.getComponents()
  const refuse = (why: string): InvalidConfigError =>
    new InvalidConfigError(option, `${text} ${why}, as in /ip4/192.0.2.1/tcp/4011`)
  if (host?.name.startsWith('dns') === true)
    throw refuse('has a host name, and no node dials one, for DNS may be what fails; write the IP address')
  if (!isIp(host?.name) || !DIAL_FORMS.has([port, ...rest].map(component => component?.name).join('/')))
    throw refuse('is no address that others can dial; write an IP address and a TCP port')
  if (/^(0\.0\.0\.0|::|::ffff:0:0)$/.test(host?.value ?? ''))
    throw refuse('is every interface, where nobody can be reached; write the address that others see')
  if (isLoopback(address))
    throw refuse('is loopback, where others reach themselves; write the address that others see')
  if (port?.value === '0')
    throw refuse('has port 0, where nobody can be reached; write the port that is forwarded')
  return address
}

/**
 * Reads a peer's address to join by: an IP address (nothing at start may need DNS), a TCP port, and the peer's
 * ID, so that nobody else can answer for it.
 * @throws InvalidConfigError
 */
export function parseBootstrapAddress(text: string, option: string): Multiaddr {
  const address = parse(text, option)
  const components = address.getComponents()
  const [host, ...rest] = components.map(component => component.name)
  if (host?.startsWith('dns') === true)
    throw new InvalidConfigError(
      option,
      `${text} needs DNS, which may be what fails when this node starts; write the peer's IP address instead`,
    )
  if (rest.at(-1) !== 'p2p')
    throw new InvalidConfigError(
      option,
      `${text} does not say which peer is there; write its peer ID at the end, as in /ip4/192.0.2.1/tcp/4011/p2p/12D3Koo…`,
    )
  if (!isIp(host) || !DIAL_FORMS.has(rest.slice(0, -1).join('/')))
    throw new InvalidConfigError(
      option,
      `${text} is no address that this node can dial; ` +
        'write an IP address, a TCP port and the peer ID, as in /ip4/192.0.2.1/tcp/4011/p2p/12D3Koo…',
    )
  try {
    peerOf(address)
  } catch (cause) {
    const peer = JSON.stringify(components.at(-1)?.value)
    throw new InvalidConfigError(option, `${peer} in ${text} is no peer ID, which starts with 12D3Koo`, {
      cause,
    })
  }
  return address
}

/** The peer at the end of an address that {@link parseBootstrapAddress} accepted. */
export function peerOf(address: Multiaddr): PeerId {
  return peerIdFromString(address.getComponents().at(-1)?.value ?? '')
}

/** True where no other machine can reach any of the addresses, and for no address at all. */
export function areLoopback(addresses: readonly Multiaddr[]): boolean {
  return addresses.every(isLoopback)
}

function parse(text: string, option: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidConfigError(option, `${JSON.stringify(text)} is no multiaddr (${why})`, { cause })
  }
}

function isIp(name: string | undefined): boolean {
  return name === 'ip4' || name === 'ip6'
}
