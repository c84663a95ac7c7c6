import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, connect } from 'node:tls'
import { type Gateway, createGateway } from './create-gateway.ts'
import type { Endpoint } from './endpoint.ts'
import type { GatewayOptions } from './options.ts'
import { keepSelfSigned, selfSignedFiles } from './transports/certificate/self-signed-files.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

/** It has one A record, `big` beside it has 200. */
export const WWW = `www.${idOf(1)}.signpost.internal`
const DAY = 86_400_000

/** Starts gateways that listen on every transport, on IPv4 and IPv6, with one certificate for all. */
export class SecureGateways implements AsyncDisposable {
  readonly directory: string
  /** Path and text of the certificate, which is its own authority. */
  readonly caFile: string
  readonly ca: string
  private readonly open: { close(): unknown }[] = []

  private constructor(directory: string, caFile: string, ca: string) {
    this.directory = directory
    this.caFile = caFile
    this.ca = ca
  }

  static async create(): Promise<SecureGateways> {
    const directory = await mkdtemp(join(tmpdir(), 'signpost-gateway-'))
    await keepSelfSigned(directory, ['localhost', '127.0.0.1', '::1'], Date.now())
    const { cert } = selfSignedFiles(directory)
    return new SecureGateways(directory, cert, await readFile(cert, 'utf8'))
  }

  async start(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
    const zones = new PublishedZones()
    zones.now = Date.now()
    const many = Array.from({ length: 200 }, (_, n) => `big A 192.0.2.${n}\n`).join('')
    await zones.publish(1, `www A 192.0.2.1\nweb A 127.0.0.1\n${many}`, { expiresAt: zones.now + DAY })
    const anyPort = ['127.0.0.1', '::1'].map(host => ({ host, port: 0 }))
    const gateway = await createGateway({
      resolver: zones,
      listen: anyPort,
      tls: anyPort,
      https: anyPort,
      certificate: selfSignedFiles(this.directory),
      ...options,
    })
    this.closeLater({ close: () => gateway.stop() })
    return gateway
  }

  /** To be closed when the test is over. */
  closeLater(...some: readonly { close(): unknown }[]): void {
    this.open.push(...some)
  }

  async closeAll(): Promise<void> {
    for (const one of this.open.splice(0).toReversed()) await one.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll()
    await rm(this.directory, { recursive: true })
  }

  /** @param from one of this machine's addresses. */
  connectTls({ host, port }: Endpoint, from?: string): TLSSocket {
    const local = from === undefined ? {} : { localAddress: from }
    return connect({ host, port, ca: this.ca, servername: '', ...local })
  }
}
