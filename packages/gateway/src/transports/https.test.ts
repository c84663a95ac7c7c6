import { readFile } from 'node:fs/promises'
import { constants } from 'node:http2'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import { encodeMessage } from '@signpost/dns'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { queryFor } from '../asking.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { respond } from '../in-process.test-support.ts'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import type { Service } from '../service.ts'
import { type TestCertificate, makeTestCertificate } from './certificate/certificate.test-support.ts'
import { Connections } from './connections.ts'
import { Echo } from './echo.test-support.ts'
import {
  Http1Client,
  Http2Client,
  type HttpClient,
  type HttpRequest,
  getFor,
  messageIn,
  postFor,
  replyOf,
} from './https.test-support.ts'
import { listenHttps } from './https.ts'
import type { Listening } from './listening.ts'

let certificate: TestCertificate
let ca: string
beforeAll(async () => {
  certificate = await makeTestCertificate()
  ca = await readFile(certificate.files.cert, 'utf8')
})
afterAll(() => certificate[Symbol.asyncDispose]())

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

interface Server extends Listening {
  readonly connections: Connections
}

async function listen(service: Service, chosen: Partial<Limits> = {}, host = '127.0.0.1'): Promise<Server> {
  const limits = limitsWith(chosen)
  const opened = await certificate.open()
  const connections = new Connections(limits, protectionFor())
  const listening = await listenHttps({ host, port: 0 }, service, connections, opened, limits)
  open.push(listening)
  return { ...listening, connections }
}

/** Says nothing to what is no query. */
const careful: Service = packet => (packet.length < 12 || packet[2]! >= 0x80 ? undefined : query(2))

const pipelined = (id: number): string => `GET ${getFor(query(id)).path} HTTP/1.1\r\nhost: a\r\n\r\n`

/** The server hears of a connection's end a moment after the client. */
async function allGone({ connections }: Server): Promise<true> {
  while (connections.stats().open.https > 0) await new Promise(setImmediate)
  return true
}

const query = (id: number): Uint8Array => encodeMessage(queryFor('www.example', 'A', { id }))

type MakeClient = (to: Endpoint) => HttpClient
const versions: [version: string, make: MakeClient][] = [
  ['HTTP/2', to => new Http2Client(to, ca)],
  ['HTTP/1.1', to => new Http1Client(to, ca)],
]

describe.each(versions)('over %s', (_version, make) => {
  const connect = (to: Endpoint): HttpClient => {
    const client = make(to)
    open.push(client)
    return client
  }

  test.each(['127.0.0.1', '::1'])('at %s, GET and POST are answered in one connection', async host => {
    const heard: unknown[] = []
    const echo = new Echo()
    const server = await listen(
      (packet, transport, client) => {
        heard.push(`${transport} ${client.address}`)
        return echo.service(packet, transport, client)
      },
      {},
      host,
    )
    const client = connect(server)
    for (const request of [getFor(query(2)), postFor(query(4)), getFor(query(6))]) {
      const reply = await client.ask(request)
      expect(reply.status).toBe(200)
      expect(reply.headers).toMatchObject({
        'content-type': 'application/dns-message',
        'cache-control': 'no-store',
        'content-length': String(reply.body.length),
      })
      expect(reply.headers['date']).toBeDefined()
    }
    expect(echo.taken).toEqual([2, 4, 6])
    expect(heard).toEqual(Array(3).fill(`https ${host}`))
    expect(server.connections.stats().open.https).toBe(1)
  })

  test('an answer comes whole, however large, and says how long it may be kept', async () => {
    const answers = Array.from(
      { length: 3000 },
      (_, n) => `www.example. ${100 + n} IN A 10.0.${n >> 8}.${n & 255}`,
    )
    const large = encodeMessage(respond(queryFor('www.example'), { answers: answers.join('\n') }))
    expect(large.length).toBeGreaterThan(48_000)
    const client = connect(await listen(() => large))
    const reply = await client.ask(postFor(query(2)))
    expect(messageIn(reply).answers).toHaveLength(3000)
    expect(reply.headers['cache-control']).toBe('max-age=100')
  })

  test.each<[what: string, request: HttpRequest, status: number, sentence: RegExp]>([
    ['no query', postFor(new Uint8Array()), 400, /no DNS query/],
    ['a response', getFor(encodeMessage({ ...queryFor('a'), response: true })), 400, /no DNS query/],
    ['another path', { ...getFor(query(2)), path: '/resolve' }, 404, /go to \/dns-query/],
    ['another method', { method: 'PUT', path: '/dns-query' }, 405, /GET or with POST/],
    ['another type', { ...postFor(query(2)), headers: { 'content-type': 'text/html' } }, 415, /dns-message/],
    ['too long a body', postFor(new Uint8Array(5000)), 413, /at most 4096 octets/],
    ['too long a parameter', getFor(new Uint8Array(5000)), 414, /at most 4096 octets/],
  ])(
    '%s is refused with a sentence, and the next request is answered',
    async (_what, request, status, sentence) => {
      const client = connect(await listen(careful))
      const refused = await client.ask(request)
      expect(refused.status).toBe(status)
      expect(refused.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' })
      expect(refused.body.toString()).toMatch(sentence)
      expect((await client.ask(getFor(query(2)))).status).toBe(200)
    },
  )

  test('HEAD is refused, without a body', async () => {
    const client = connect(await listen(new Echo().service))
    const { status, body } = await client.ask({ ...getFor(query(2)), method: 'HEAD' })
    expect([status, body.length]).toEqual([405, 0])
  })

  test('a header that goes on and on is refused', async () => {
    const client = connect(await listen(new Echo().service))
    // HTTP/2 has to know the limit first.
    await client.ask(getFor(query(2)))
    const headers = { 'x-long': 'x'.repeat(40_000) }
    const asked = client.ask({ ...getFor(query(2)), headers }).then(
      reply => reply.status,
      () => 'closed',
    )
    expect([431, 'closed']).toContain(await asked)
  })

  test('a connection on which nothing is asked is closed when its time is over', async () => {
    const client = connect(await listen(new Echo().service, { tlsIdle: 100 }))
    expect((await client.ask(getFor(query(2)))).status).toBe(200)
    await client.closed
  })

  test('the wait for an answer is not idleness of the client', async () => {
    const echo = new Echo()
    const server = await listen(echo.service, { tlsIdle: 50 })
    const [client, other] = [connect(server), connect(server)]
    const slow = client.ask(getFor(query(1)))
    await echo.untilTaken(1)
    await other.ask(getFor(query(2)))
    // The other connection's end shows that more than the time has passed.
    await other.closed
    echo.release(1)
    expect((await slow).status).toBe(200)
  })

  test('stopping answers what was taken, then closes', async () => {
    const echo = new Echo()
    const server = await listen(echo.service)
    const [busy, idle] = [connect(server), connect(server)]
    await idle.ask(getFor(query(2)))
    const slow = busy.ask(postFor(query(1)))
    await echo.untilTaken(2)
    await server.pause()
    await idle.closed
    echo.release(1)
    expect((await slow).status).toBe(200)
    await busy.closed
    await server.close()
  })

  test('closing does not wait for clients that hold on', async () => {
    const echo = new Echo()
    const server = await listen(echo.service)
    const client = connect(server)
    const asked = client.ask(getFor(query(1))).catch(() => 'closed')
    await echo.untilTaken(1)
    await server.close()
    expect(await asked).toBe('closed')
  })

  test('a client that goes away in the middle does no harm', async () => {
    const echo = new Echo()
    const server = await listen(echo.service)
    const gone = connect(server)
    const asked = gone.ask(getFor(query(1))).catch(() => 'closed')
    await echo.untilTaken(1)
    gone.close()
    expect(await asked).toBe('closed')
    echo.release(1)
    expect((await connect(server).ask(getFor(query(2)))).status).toBe(200)
  })
})

test('over HTTP/2, what is ready overtakes what is not, and no more streams are open at once than the limit', async () => {
  const echo = new Echo()
  const client = new Http2Client(await listen(echo.service, { tcpPending: 3 }), ca)
  open.push(client)
  await client.ask(getFor(query(2)))
  expect(client.session.remoteSettings.maxConcurrentStreams).toBe(3)
  const slow = [1, 3, 5, 7, 9].map(id => client.ask(getFor(query(id))))
  await echo.untilTaken(4)
  expect(echo.taken).toEqual([2, 1, 3, 5])
  echo.release(3)
  expect((await slow[1]!).status).toBe(200)
  await echo.untilTaken(5)
  for (const id of [1, 5, 7, 9]) {
    await echo.untilTaken(id === 9 ? 6 : 5)
    echo.release(id)
  }
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(Array(5).fill(200))
})

test('over HTTP/2, the longest replies come on all streams at once', async () => {
  const answers = Array.from({ length: 4000 }, (_, n) => `www.example. 9 IN A 10.0.${n >> 8}.${n & 255}`)
  const large = encodeMessage(respond(queryFor('www.example'), { answers: answers.join('\n') }))
  expect(large.length).toBeGreaterThan(64_000)
  let held: (() => void)[] = []
  const server = await listen(
    () =>
      new Promise(resolve => {
        held.push(() => resolve(large))
        // All together, so that all leave at once.
        if (held.length < 100) return
        for (const release of held) release()
        held = []
      }),
  )
  const client = new Http2Client(server, ca)
  open.push(client)
  const asked = Array.from({ length: 200 }, () => client.ask(postFor(query(2))))
  for (const { status, body } of await Promise.all(asked))
    expect([status, body.length]).toEqual([200, large.length])
})

/** A connection on which a test writes what it wants. */
async function connectRaw(to: Endpoint, protocol: 'h2' | 'http/1.1'): Promise<TLSSocket> {
  const socket = connectTls({ host: to.host, port: to.port, ca, servername: '', ALPNProtocols: [protocol] })
  open.push({ close: () => socket.destroy() })
  socket.on('error', () => {})
  await new Promise(resolve => {
    socket.once('secureConnect', resolve)
  })
  return socket
}

async function textUntilClosed(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1')
  })
  await new Promise(resolve => {
    socket.once('close', resolve)
  })
  return text
}

test('pipelined HTTP/1.1 requests are answered in order, and no more wait at once than the limit', async () => {
  const echo = new Echo()
  const server = await listen(echo.service, { tcpPending: 2 })
  const socket = await connectRaw(server, 'http/1.1')
  const text = textUntilClosed(socket)
  socket.write([1, 3, 5].map(pipelined).join(''))
  await echo.untilTaken(2)
  echo.release(3)
  echo.release(1)
  expect((await text).match(/HTTP\/1\.1 \d+|^Too many.*$/gm)).toEqual([
    'HTTP/1.1 200',
    'HTTP/1.1 200',
    'HTTP/1.1 503',
    'Too many queries of this connection wait for their answers.',
  ])
  expect(echo.taken).toEqual([1, 3])
})

test('what is no HTTP at all gets an error and an end', async () => {
  const server = await listen(new Echo().service)
  const http1 = await connectRaw(server, 'http/1.1')
  http1.write('\0\x01\x02 nonsense\r\n\r\n')
  expect(await textUntilClosed(http1)).toMatch(/^HTTP\/1\.1 400 /)
  const http2 = await connectRaw(server, 'h2')
  http2.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3))
  await textUntilClosed(http2)
  const client = new Http2Client(server, ca)
  open.push(client)
  expect((await client.ask(getFor(query(2)))).status).toBe(200)
})

/** Writes a text octet by octet until the connection is closed. */
async function dribble(socket: TLSSocket, text: string): Promise<void> {
  const octets = Buffer.from(text, 'latin1')
  let at = 0
  const timer = setInterval(() => {
    if (at < octets.length) socket.write(octets.subarray(at, ++at))
  }, 5)
  try {
    await textUntilClosed(socket)
  } finally {
    clearInterval(timer)
  }
}

test.each([
  ['a header', `GET /dns-query HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(1000)}`],
  [
    'a body',
    `POST /dns-query HTTP/1.1\r\nhost: a\r\ncontent-type: application/dns-message\r\ncontent-length: 4000\r\n\r\n${'x'.repeat(4000)}`,
  ],
])('a client that sends %s of HTTP/1.1 octet by octet is let go when its time is over', async (_, text) => {
  const server = await listen(new Echo().service, { tlsIdle: 300 })
  await dribble(await connectRaw(server, 'http/1.1'), text)
  expect(await allGone(server)).toBe(true)
})

test('a client of HTTP/2 that sends bodies octet by octet, or only pings, is let go when its time is over', async () => {
  const server = await listen(new Echo().service, { tlsIdle: 300 })
  const [dribbling, pinging] = [new Http2Client(server, ca), new Http2Client(server, ca)]
  open.push(dribbling, pinging)
  const stream = dribbling.open(postFor(new Uint8Array()))
  stream.on('error', () => {})
  const timer = setInterval(() => {
    if (!stream.closed) stream.write('x')
    if (!pinging.session.destroyed) pinging.session.ping(() => {})
  }, 10)
  try {
    await Promise.all([dribbling.closed, pinging.closed])
  } finally {
    clearInterval(timer)
  }
  expect(await allGone(server)).toBe(true)
})

test('a client of HTTP/2 that takes no responses is let go, though it goes on asking', async () => {
  const server = await listen(new Echo().service, { tlsIdle: 300 })
  // With a window of no octets, the server may send headers and nothing else.
  const client = new Http2Client(server, ca, { initialWindowSize: 0 })
  open.push(client)
  let asked = 0
  const timer = setInterval(() => {
    if (client.session.destroyed) return
    asked++
    client
      .open(getFor(query(2)))
      .on('error', () => {})
      .end()
  }, 20)
  try {
    await client.closed
  } finally {
    clearInterval(timer)
  }
  // Far more fit into one connection.
  expect(asked).toBeLessThan(60)
  expect(await allGone(server)).toBe(true)
})

test('a body that is over the limit is refused once and before its end, though more of it comes', async () => {
  const server = await listen(new Echo().service, { httpsQuery: 512 })
  const client = new Http2Client(server, ca)
  open.push(client)
  const stream = client.open(postFor(new Uint8Array()))
  const reply = replyOf(stream)
  const http1 = await connectRaw(server, 'http/1.1')
  const text = textUntilClosed(http1)
  http1.write('POST /dns-query HTTP/1.1\r\nhost: a\r\ncontent-type: application/dns-message\r\n')
  http1.write('transfer-encoding: chunked\r\n\r\n')
  for (let piece = 0; piece < 10; piece++) {
    stream.write(new Uint8Array(200))
    http1.write(`c8\r\n${'x'.repeat(200)}\r\n`)
    await new Promise(setImmediate)
  }
  expect((await reply).status).toBe(413)
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
  expect((await text).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413'])
})

test('a body that is broken off is no query, whether its stream ends or the whole connection', async () => {
  const echo = new Echo()
  const server = await listen(echo.service)
  const [first, second, http1] = [
    new Http2Client(server, ca),
    new Http2Client(server, ca),
    await connectRaw(server, 'http/1.1'),
  ]
  open.push(first, second)
  const streams = [first, second].map(client => client.open(postFor(new Uint8Array())))
  for (const stream of streams) stream.on('error', () => {}).write(query(4))
  http1.write(`POST /dns-query HTTP/1.1\r\nhost: a\r\ncontent-type: application/dns-message\r\n`)
  http1.write('content-length: 400\r\n\r\n')
  http1.write(query(6))
  // What is answered later has arrived later.
  for (const client of [first, second]) await client.ask(getFor(query(2)))
  streams[0]!.destroy(new Error('never mind'))
  await first.ask(getFor(query(2)))
  second.close()
  http1.destroy()
  first.close()
  expect(await allGone(server)).toBe(true)
  expect(echo.taken).toEqual([2, 2, 2])
})

test('streams that are opened and reset at once do not bring the server down', async () => {
  const echo = new Echo()
  const server = await listen(echo.service)
  const client = new Http2Client(server, ca)
  open.push(client)
  for (let n = 0; n < 3000 && !client.session.destroyed; n++) {
    const stream = client.open(getFor(query(1)))
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
    if (n % 100 === 99) await new Promise(setImmediate)
  }
  const other = new Http2Client(server, ca)
  open.push(other)
  expect((await other.ask(getFor(query(2)))).status).toBe(200)
})
