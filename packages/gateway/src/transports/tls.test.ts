import { copyFile, readFile } from 'node:fs/promises'
import { type Socket, createConnection } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from 'node:tls'
import { encodeMessage } from '@signpost/dns'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { TcpClient, queryFor } from '../asking.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import type { Service } from '../service.ts'
import { type TestCertificate, makeTestCertificate } from './certificate/certificate.test-support.ts'
import { Connections } from './connections.ts'
import { Echo } from './echo.test-support.ts'
import { frame } from './frames.ts'
import type { Listening } from './listening.ts'
import { listenTls } from './tls.ts'

let certificate: TestCertificate
let ca: string
beforeAll(async () => {
  certificate = await makeTestCertificate()
  ca = await readFile(certificate.files.cert, 'utf8')
})
afterAll(() => certificate[Symbol.asyncDispose]())

const open: (Listening | TcpClient | Socket)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ('destroy' in one) one.destroy()
    else await one.close()
  }
})

async function listen(
  service: Service,
  chosen: Partial<Limits> = {},
  host = '127.0.0.1',
): Promise<Listening> {
  const limits = limitsWith(chosen)
  const opened = await certificate.open()
  const connections = new Connections(limits, protectionFor())
  const listening = await listenTls({ host, port: 0 }, service, connections, opened, limits)
  open.push(listening)
  return listening
}

function connectSecurely({ host, port }: Endpoint, options: ConnectionOptions = {}): TLSSocket {
  return connectTls({ host, port, ca, servername: '', allowHalfOpen: true, ...options } as ConnectionOptions)
}

function connect(to: Listening, options: ConnectionOptions = {}): TcpClient {
  const client = new TcpClient(to, at => connectSecurely(at, options))
  open.push(client)
  return client
}

const query = (id: number): Uint8Array => frame(encodeMessage(queryFor('www.example', 'A', { id })))

test.each(['127.0.0.1', '::1'])(
  'at %s, what is ready overtakes what is not, in one connection',
  async host => {
    const echo = new Echo()
    const client = connect(await listen(echo.service, {}, host))
    client.write(Buffer.concat([1, 2, 3].map(query)))
    expect((await client.next())?.id).toBe(2)
    echo.release(3)
    expect((await client.next())?.id).toBe(3)
    echo.release(1)
    expect((await client.next())?.id).toBe(1)
  },
)

test('a client that has closed its side still gets its replies, then the connection ends', async () => {
  const echo = new Echo()
  const client = connect(await listen(echo.service))
  client.write(query(1))
  client.endWriting()
  await echo.untilTaken(1)
  echo.release(1)
  expect((await client.next())?.id).toBe(1)
  expect(await client.next()).toBeUndefined()
})

test('a service hears the transport and the real address', async () => {
  const heard: unknown[] = []
  const server = await listen((packet, transport, { address }) => {
    heard.push(transport, address)
    return packet
  })
  const client = connect(server)
  client.write(query(2))
  await client.next()
  expect(heard).toEqual(['tls', '127.0.0.1'])
})

test('a client that asks for the protocol "dot" gets it, one that asks for another is refused', async () => {
  const server = await listen(new Echo().service)
  const client = connect(server, { ALPNProtocols: ['dot'] })
  client.write(query(2))
  expect((await client.next())?.id).toBe(2)
  const socket = connectSecurely(server, { ALPNProtocols: ['http/1.1'] })
  open.push(socket)
  await expect(
    new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('secureConnect', resolve)
    }),
  ).rejects.toThrow(/no application protocol/)
})

test('TLS 1.3 and 1.2 are spoken, and nothing older', async () => {
  const server = await listen(new Echo().service)
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    const client = connect(server, { minVersion: version, maxVersion: version })
    client.write(query(2))
    expect((await client.next())?.id).toBe(2)
  }
  const old = connect(server, {
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  old.write(query(2))
  expect(await old.next()).toBeUndefined()
})

test('a client resumes its session, which saves half of the handshake', async () => {
  const server = await listen(new Echo().service)
  const first = connectSecurely(server)
  open.push(first)
  const session = await new Promise<Buffer>(resolve => {
    first.once('session', resolve)
  })
  const second = connectSecurely(server, { session })
  open.push(second)
  await new Promise(resolve => {
    second.once('secureConnect', resolve)
  })
  expect(second.isSessionReused()).toBe(true)
})

test('who never finishes the handshake is let go, be it by silence, by octets one by one, or by garbage', async () => {
  const server = await listen(new Echo().service, { tlsHandshake: 200, tlsIdle: 3_600_000 })
  const [silent, dribbling, garbling] = [0, 1, 2].map(() => {
    const socket = createConnection(server)
    open.push(socket)
    socket.on('error', () => {})
    socket.resume()
    return { socket, closed: new Promise(resolve => socket.once('close', resolve)) }
  })
  const hello = Buffer.from([0x16, 3, 1, 2, 0, 1])
  let at = 0
  const timer = setInterval(() => {
    dribbling!.socket.write(hello.subarray(at, ++at))
  }, 30)
  try {
    garbling!.socket.write('GET / HTTP/1.1\r\n\r\n')
    await Promise.all([silent, dribbling, garbling].map(client => client!.closed))
  } finally {
    clearInterval(timer)
  }
  const client = connect(server)
  client.write(query(2))
  expect((await client.next())?.id).toBe(2)
})

test('a secured connection without a whole query is closed when its time is over', async () => {
  const server = await listen(new Echo().service, { tlsIdle: 150 })
  const [silent, dribbling] = [connect(server), connect(server)]
  const timer = setInterval(() => {
    dribbling.write(Uint8Array.of(1))
  }, 20)
  try {
    expect(await silent.next()).toBeUndefined()
    expect(await dribbling.next()).toBeUndefined()
  } finally {
    clearInterval(timer)
  }
})

test('handshakes that never end cannot keep others out', async () => {
  const server = await listen(new Echo().service, { tcpConnections: 5, tlsHandshake: 60_000 })
  for (let n = 0; n < 20; n++) {
    const socket = createConnection(server)
    socket.on('error', () => {})
    open.push(socket)
  }
  const client = connect(server)
  client.write(query(2))
  expect((await client.next())?.id).toBe(2)
})

test('a certificate that is renewed serves new connections, and those that are there go on', async () => {
  const renewed = await makeTestCertificate()
  try {
    const server = await listenWith(renewed)
    const before = connect(server.listening, { ca: await readFile(renewed.files.cert, 'utf8') })
    before.write(query(2))
    expect((await before.next())?.id).toBe(2)
    await server.replace()
    const after = connect(server.listening)
    after.write(query(4))
    expect((await after.next())?.id).toBe(4)
    before.write(query(6))
    expect((await before.next())?.id).toBe(6)
  } finally {
    await renewed[Symbol.asyncDispose]()
  }
})

/** A server whose certificate is to be replaced by the one of all others. */
async function listenWith(
  own: TestCertificate,
): Promise<{ readonly listening: Listening; replace(): Promise<void> }> {
  const opened = await own.open()
  const limits = limitsWith()
  const listening = await listenTls(
    { host: '127.0.0.1', port: 0 },
    new Echo().service,
    new Connections(limits, protectionFor()),
    opened,
    limits,
  )
  open.push(listening)
  return {
    listening,
    async replace() {
      await copyFile(certificate.files.key, own.files.key)
      await copyFile(certificate.files.cert, own.files.cert)
      await opened.check()
    },
  }
}

test('stopping answers what was taken, ends handshakes, takes nothing more, and closes', async () => {
  const echo = new Echo()
  const server = await listen(echo.service)
  const half = createConnection(server)
  open.push(half)
  half.on('error', () => {})
  const halfClosed = new Promise(resolve => half.once('close', resolve))
  const client = connect(server)
  client.write(query(1))
  await echo.untilTaken(1)
  await server.pause()
  await halfClosed
  echo.release(1)
  expect((await client.next())?.id).toBe(1)
  expect(await client.next()).toBeUndefined()
  await server.close()
})

test('closing does not wait for clients that hold on', async () => {
  const echo = new Echo()
  const server = await listen(echo.service)
  const client = connect(server)
  client.write(query(1))
  await echo.untilTaken(1)
  await server.close()
  expect(await client.next()).toBeUndefined()
})
