import { isIP } from 'node:net'
import { InvalidConfigError, InvalidNameError, parseName } from '@signpost/dns'
import { type Endpoint, printEndpoint } from '../endpoint.ts'

/** How a server is asked. `udp` is TCP too, for what UDP does not carry; `tls` is RFC 7858, `https` RFC 8484. */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'https'

/** A server that questions are sent to. */
export interface Upstream extends Endpoint {
  /** An IP address, or a name that is looked up at the bootstrap servers. */
  readonly host: string
  readonly protocol: Protocol
  /** For `tls` and `https`: whom the certificate must name; the host where absent. */
  readonly certificateName?: string
  /** For `https`: the path of its URL. */
  readonly path?: string
}

const DEFAULT_PORTS: Readonly<Record<Protocol, number>> = { udp: 53, tcp: 53, tls: 853, https: 443 }
/** RFC 8484 has no path of its own; this one is in its examples and in use nearly everywhere. */
const DEFAULT_PATH = '/dns-query'

// Scheme, then a host in brackets, an address with colons, or anything else; port, path and fragment.
const FORM =
  /^(?:(?<scheme>[a-z0-9+.-]+):\/\/)?(?:\[(?<bracketed>[^\][]*)\]|(?<bare>[^\][/#:]*:[^\][/#]*:[^\][/#]*)|(?<host>[^\][:/#?]*))(?::(?<port>\d{1,6}))?(?<path>\/[!"$-~]*)?(?:#(?<name>.*))?$/i

/**
 * Reads `9.9.9.9`, `9.9.9.9:53`, `[2620:fe::fe]:53` and the same behind `udp://` and `tcp://`; `tls://9.9.9.9#dns.quad9.net`,
 * where the fragment is the name in the certificate; `https://dns.quad9.net/dns-query`.
 * @param option how errors call it.
 * @throws InvalidConfigError
 */
export function parseUpstream(text: string, option: string): Upstream {
  const wrong = (problem: string, cause?: unknown): InvalidConfigError =>
    new InvalidConfigError(option, `${JSON.stringify(text)} ${problem}`, { cause })
  const groups = FORM.exec(text.trim())?.groups
  if (groups === undefined)
    throw wrong(
      'is no DNS server; write it as 192.0.2.53, tls://192.0.2.53#dns.example or https://dns.example',
    )
  const { scheme, bracketed, bare, port, path, name } = groups
  const protocol = (scheme ?? 'udp').toLowerCase() as Protocol
  if (!Object.hasOwn(DEFAULT_PORTS, protocol))
    throw wrong(`begins with ${scheme}://; there are udp://, tcp://, tls:// and https://`)
  const host = bracketed ?? bare ?? groups['host'] ?? ''
  if (isIP(host) === 0) {
    if (scheme === undefined || bracketed !== undefined || bare !== undefined)
      throw wrong('has no IP address; give one, or a name behind udp://, tcp://, tls:// or https://')
    checkHostName(host, wrong)
  }
  const isEncrypted = isSecure({ protocol })
  if (name !== undefined && !isEncrypted)
    throw wrong(`names a certificate, but ${protocol.toUpperCase()} has none; put tls:// before it`)
  if (name !== undefined && isIP(name) === 0) checkHostName(name, wrong)
  if (path !== undefined && protocol !== 'https') throw wrong('has a path, which only https:// has')
  const number = port === undefined ? DEFAULT_PORTS[protocol] : Number(port)
  if (number < 1 || number > 65_535) throw wrong(`has the port ${port}; a port is a number from 1 to 65535`)
  return {
    protocol,
    host: isIP(host) === 0 ? plainHostName(host) : host,
    port: number,
    ...(name === undefined ? {} : { certificateName: plainHostName(name) }),
    // A template of RFC 6570, as some lists of servers write it: POST has nothing to put there.
    ...(protocol === 'https' ? { path: path?.replace(/\{\?dns\}$/, '') ?? DEFAULT_PATH } : {}),
  }
}

function plainHostName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function checkHostName(host: string, wrong: (problem: string, cause?: unknown) => Error): void {
  try {
    // What no URL can have, such as a number as the last label, is no host here.
    if (
      /^[\w.-]+$/.test(host) &&
      !/^[\d.]+$/.test(host) &&
      URL.canParse(`https://${host}`) &&
      !parseName(host).isRoot
    )
      return
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error
    throw wrong(`names no host: ${error.message}`, error)
  }
  throw wrong(`names no host: ${JSON.stringify(host)} is neither a name nor an IP address`)
}

/** The shortest text that {@link parseUpstream} reads as the same; two servers are one where their texts are equal. */
export function printUpstream(upstream: Upstream): string {
  const { protocol, certificateName, path = '' } = upstream
  const name = certificateName === undefined ? '' : `#${certificateName}`
  return protocol === 'udp' && isIP(upstream.host) !== 0
    ? printEndpoint(upstream)
    : `${protocol}://${printEndpoint(upstream)}${path}${name}`
}

/** An IP address and a port, asked as DNS servers always were. */
export function plainUpstream({ host, port }: Endpoint): Upstream {
  return { protocol: 'udp', host, port }
}

/** Whether nobody on the path can change what it says. */
export function isSecure({ protocol }: Pick<Upstream, 'protocol'>): boolean {
  return protocol === 'tls' || protocol === 'https'
}

/** Whom the certificate of an encrypted upstream must name. */
export function certificateNameOf({ certificateName, host }: Upstream): string {
  return certificateName ?? host
}
