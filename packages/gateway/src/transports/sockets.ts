import { AddressInUseError, InvalidConfigError } from '@signpost/dns'
import { type Endpoint, keyOfHost, printEndpoint } from '../endpoint.ts'
import type { Transport } from '../query.ts'
import type { Service } from '../service.ts'
import type { Certificate } from './certificate/certificate.ts'
import { type ConfiguredCertificate, openConfigured } from './certificate/configured.ts'
import { type ListenParts, listenEverywhere } from './listen.ts'
import type { Listening } from './listening.ts'

/** Where to listen, and with which certificate where anything there needs one. */
export interface Places extends Pick<ListenParts, 'listen' | 'tls' | 'https'> {
  readonly certificate: ConfiguredCertificate['files'] | undefined
}

type Option = 'listen' | 'tls' | 'https'

export type SocketParts = Omit<ListenParts, Option | 'certificate'> &
  Pick<ConfiguredCertificate, 'limits' | 'now' | 'logger'>

const OPTIONS: readonly Option[] = ['listen', 'tls', 'https']

/** All sockets of a gateway, by the options that asked for them, and the certificate that they have in common. */
export class Sockets {
  private readonly parts: SocketParts
  private open = new Map<string, readonly Listening[]>()
  private certificate: { readonly files: string; readonly opened: Certificate } | undefined

  private constructor(parts: SocketParts) {
    this.parts = parts
  }

  /** All addresses or none. @throws AddressInUseError, InvalidConfigError */
  static async listen(parts: SocketParts & Places): Promise<Sockets> {
    const sockets = new Sockets(parts)
    await sockets.move(parts)
    return sockets
  }

  /**
   * Listens at these places and, once it does, nowhere else: those that stay are not touched. Resolves to the sockets that
   * take no query any more and are to be closed when theirs are answered. New ones answer a turn of the event loop later:
   * by then the options count under which they were opened.
   * @throws AddressInUseError, InvalidConfigError; then all is as before.
   */
  async move(places: Places): Promise<Listening[]> {
    const before = this.certificate
    const certificate = await this.certificateFor(places)
    const next = new Map<string, readonly Listening[]>()
    const opened: Listening[] = []
    const { service, release } = holding(this.parts.service)
    try {
      for (const option of OPTIONS)
        for (const [at, endpoint] of places[option].entries()) {
          const key = keyOf(option, endpoint, at)
          const known = this.open.get(key)
          const listening =
            known ??
            (await this.listenAt(option, endpoint, { service, certificate: certificate?.opened }, opened))
          if (known === undefined) opened.push(...listening)
          next.set(key, listening)
        }
    } catch (error) {
      await Promise.all(opened.map(socket => socket.close()))
      if (certificate !== before) certificate?.opened.close()
      throw error
    }
    const gone = [...this.open].flatMap(([key, listening]) => (next.has(key) ? [] : listening))
    this.open = next
    this.certificate = certificate
    if (certificate !== before) before?.opened.close()
    await Promise.all(gone.map(socket => socket.pause()))
    setImmediate(release)
    return gone
  }

  get all(): Listening[] {
    return [...this.open.values()].flat()
  }

  /** Milliseconds since the epoch; undefined where nothing needs a certificate. */
  get certificateExpiresAt(): number | undefined {
    return this.certificate?.opened.expiresAt
  }

  addressesOf(transport: Transport): Endpoint[] {
    return this.all.filter(at => at.transport === transport).map(({ host, port }) => ({ host, port }))
  }

  async close(): Promise<void> {
    this.certificate?.opened.close()
    await Promise.all(this.all.map(socket => socket.close()))
  }

  private async certificateFor({ certificate, tls, https }: Places): Promise<typeof this.certificate> {
    if (certificate === undefined) return undefined
    const files = JSON.stringify(certificate)
    if (this.certificate === undefined) {
      const hosts = [...tls, ...https].map(({ host }) => host)
      return { files, opened: await openConfigured({ ...this.parts, files: certificate, hosts }) }
    }
    // Sockets that stay have the one that they were opened with.
    if (this.certificate.files !== files)
      throw new InvalidConfigError(
        'certificate',
        'which files it is in takes a restart to change; what is in them does not',
      )
    return this.certificate
  }

  /** @param opened what the same move has opened already. */
  private async listenAt(
    option: Option,
    endpoint: Endpoint,
    common: Pick<ListenParts, 'service' | 'certificate'>,
    opened: readonly Listening[],
  ): Promise<readonly Listening[]> {
    const parts = { ...this.parts, ...common, listen: [], tls: [], https: [], [option]: [endpoint] }
    try {
      return await listenEverywhere(parts)
    } catch (error) {
      if (!(error instanceof AddressInUseError)) throw error
      const address = printEndpoint(endpoint)
      const beside = opened.find(socket => isInTheWay(socket, option, endpoint))
      if (beside !== undefined)
        throw new InvalidConfigError(
          option,
          `${address} overlaps with ${printEndpoint(beside)}, where this gateway listens as well; ` +
            'give each a port of its own, or leave one out',
          { cause: error },
        )
      const own = this.all.find(socket => isInTheWay(socket, option, endpoint))
      if (own === undefined) throw error
      throw new InvalidConfigError(
        option,
        `${address} cannot be taken while this gateway listens on ${printEndpoint(own)} itself, which it does until the new ` +
          'addresses are its own; restart it to go from one to the other, or give another port',
        { cause: error },
      )
    }
  }
}

/** The same service once it is released; what comes before waits. */
function holding(service: Service): { service: Service; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isHeld = true
  return {
    service: (packet, transport, client) =>
      isHeld ? promise.then(() => service(packet, transport, client)) : service(packet, transport, client),
    release: () => {
      isHeld = false
      resolve()
    },
  }
}

/** Whether a socket has an address that an option wants, or part of it. All options but `listen` are for TCP alone. */
export function isInTheWay(
  { transport, host, port }: Pick<Listening, 'transport' | 'host' | 'port'>,
  option: Option,
  endpoint: Endpoint,
): boolean {
  return (
    port === endpoint.port &&
    (option === 'listen' || transport !== 'udp') &&
    (keyOfHost(host) === keyOfHost(endpoint.host) ||
      isWildcardOver(host, endpoint.host) ||
      isWildcardOver(endpoint.host, host))
  )
}

function isWildcardOver(wildcard: string, host: string): boolean {
  const key = keyOfHost(wildcard)
  return host.includes(':') ? key === keyOfHost('::') : key === keyOfHost('0.0.0.0')
}

// Port 0 is another port each time that it stands in the list.
function keyOf(option: Option, { host, port }: Endpoint, at: number): string {
  return `${option} ${keyOfHost(host)} ${port}${port === 0 ? ` ${at}` : ''}`
}
