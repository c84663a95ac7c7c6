import { type Socket as Datagrams, type RemoteInfo, createSocket } from 'node:dgram'
import { type IncomingHttpHeaders, type ServerHttp2Stream, createSecureServer } from 'node:http2'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type TlsOptions, createServer as createTlsServer } from 'node:tls'
import { type Message, decodeMessage } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'
import { FrameReader } from '../transports/frames.ts'

/** What a server on loopback does with a request: it sends whatever octets the test makes of it. */
export type UdpScript = (request: Message, send: (octets: Uint8Array) => void, from: RemoteInfo) => void
export type StreamScript = (request: Message, socket: Socket) => void
export type HttpsScript = (request: Message, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/** Servers on loopback that do what the test says, and close with it. */
export class ScriptedServers {
  /** Connections over TCP and TLS that were accepted. */
  connections = 0
  readonly sockets = new Set<Socket>()
  private readonly open = new Set<{ close(): unknown }>()

  /** Over UDP, and over TCP at the same port where there is a script for it. */
  async serve(udp: UdpScript, tcp?: StreamScript): Promise<Endpoint> {
    for (;;) {
      const socket = await this.bind()
      const { port } = socket.address()
      // The same number may be taken for TCP, by a client even.
      if (tcp !== undefined && !(await this.serveTcp(tcp, port))) continue
      socket.on('message', (packet, from) => {
        udp(decodeMessage(packet), octets => socket.send(octets, from.port, from.address), from)
      })
      return { host: '127.0.0.1', port }
    }
  }

  /** A socket for datagrams at a port of its own. */
  async bind(host = '127.0.0.1'): Promise<Datagrams> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    this.open.add(socket)
    await new Promise<void>(resolve => {
      socket.bind(0, host, resolve)
    })
    return socket
  }

  /** Over TCP; undefined where the port is taken. */
  async serveTcp(script: StreamScript, port = 0): Promise<Endpoint | undefined> {
    const server = createServer(socket => {
      this.converse(socket, script)
    })
    return new Promise(resolve => {
      server.once('error', () => {
        resolve(undefined)
      })
      server.listen(port, '127.0.0.1', () => {
        this.open.add(server)
        resolve({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
      })
    })
  }

  async serveTls(options: TlsOptions, script: StreamScript): Promise<Endpoint> {
    const server = createTlsServer(options, socket => {
      this.converse(socket, script)
    })
    // Clients that do not trust the certificate go away.
    server.on('tlsClientError', () => {})
    this.open.add(server)
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  /** Over HTTP/2. */
  async serveHttps(options: TlsOptions, script: HttpsScript): Promise<Endpoint> {
    const server = createSecureServer(options)
    server.on('session', session => {
      this.connections++
      this.open.add({
        close: () => {
          session.destroy()
        },
      })
    })
    server.on('sessionError', () => {})
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const chunks: Uint8Array[] = []
      stream.on('error', () => {})
      stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      stream.on('end', () => {
        script(decodeMessage(Buffer.concat(chunks)), stream, headers)
      })
    })
    this.open.add(server)
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  /** A port that is free now. */
  async freeTcpPort(): Promise<number> {
    const server = createServer()
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => {
      server.close(resolve)
    })
    return port
  }

  closeWithTest(one: { close(): unknown }): void {
    this.open.add(one)
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    for (const one of this.open) await one.close()
    this.open.clear()
    this.connections = 0
  }

  private converse(socket: Socket, script: StreamScript): void {
    this.connections++
    this.sockets.add(socket)
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('data', chunk => {
      for (const packet of frames.push(chunk as Uint8Array)) script(decodeMessage(packet), socket)
    })
  }
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  const { port } = socket.address()
  await new Promise<void>(resolve => {
    socket.close(resolve)
  })
  return port
}
