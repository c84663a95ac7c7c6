import { randomBytes } from 'node:crypto'
import type { RemoteInfo } from 'node:dgram'
import type { Socket } from 'node:net'
import { EdnsOptionCode, type Message, Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { lines, plainEdns, queryFor } from '../asking.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { respond } from '../in-process.test-support.ts'
import { limitsWith } from '../limits.ts'
import { frame } from '../transports/frames.ts'
import { ClientCookies } from './client-cookies.ts'
import { ConnectionPool } from './connection-pool.ts'
import { createDial } from './dial.ts'
import type { Exchange } from './exchange.ts'
import { ScriptedServers, type StreamScript, closedPort } from './scripted-server.test-support.ts'
import { createUdpExchange } from './udp-exchange.ts'
import { plainUpstream } from './upstream.ts'

const servers = new ScriptedServers()
afterEach(async () => {
  await servers.close()
})

const request = queryFor('www.example', 'A', { id: 0xbeef })
const signal = new AbortController().signal
const truth = (to: Message): Message => respond(to, { answers: 'www.example. 100 A 192.0.2.1' })
const lie = (to: Message): Message => respond(to, { answers: 'www.example. 100 A 203.0.113.66' })
const TRUE = ['www.example. 100 IN A 192.0.2.1']

/** What a server sends for a request, one packet after the other. */
const sending =
  (answer: (request: Message, from: RemoteInfo) => Uint8Array[]) =>
  (request: Message, send: (octets: Uint8Array) => void, from: RemoteInfo): void => {
    for (const octets of answer(request, from)) send(octets)
  }
const sendingTcp =
  (answer: (request: Message) => Uint8Array[]): StreamScript =>
  (request: Message, socket: Socket): void => {
    const replies = answer(request)
    if (replies.length === 0) socket.destroy()
    for (const reply of replies) socket.write(reply)
  }
const truthOverTcp = sendingTcp(to => [frame(encodeMessage(truth(to)))])

/** A client with a memory of its own. */
function client(forgeries?: number): Exchange {
  const dial = createDial({ addressesOf: () => Promise.resolve([]), ca: undefined })
  const pool = new ConnectionPool({ dial, limits: limitsWith() })
  servers.closeWithTest(pool)
  return createUdpExchange({
    overTcp: pool.exchange,
    cookies: new ClientCookies(randomBytes),
    limits: limitsWith(forgeries === undefined ? {} : { upstreamForgeries: forgeries }),
  })
}

async function answersFrom(
  server: Endpoint,
  timeout = 2000,
  exchange: Exchange = client(),
): Promise<string[] | string> {
  const result = await exchange(plainUpstream(server), request, timeout, signal)
  return result.kind === 'reply' ? lines(result.message.answers) : result.kind
}

test('a request and its reply', async () => {
  expect(await answersFrom(await servers.serve(sending(to => [encodeMessage(truth(to))])))).toEqual(TRUE)
})

const forgeries: [what: string, forge: (to: Message) => Uint8Array[]][] = [
  ['garbage', () => [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(600).fill(0xff)]],
  ['another ID', to => [encodeMessage({ ...lie(to), id: to.id ^ 1 })]],
  ['another name', to => [encodeMessage({ ...lie(to), questions: queryFor('www.evil').questions })]],
  [
    'another type',
    to => [encodeMessage({ ...lie(to), questions: queryFor('www.example', 'AAAA').questions })],
  ],
  [
    'another class',
    to => [encodeMessage({ ...lie(to), questions: to.questions.map(asked => ({ ...asked, class: 3 })) })],
  ],
  ['no question', to => [encodeMessage({ ...lie(to), questions: [] })]],
  ['two questions', to => [encodeMessage({ ...lie(to), questions: [...to.questions, ...to.questions] })]],
  ['a query', to => [encodeMessage({ ...lie(to), response: false })]],
  ['another opcode', to => [encodeMessage({ ...lie(to), opcode: 4 })]],
  [
    'the cookie of another client',
    to => {
      const options = to.edns!.options.map(({ code, data }) => ({ code, data: data.map(octet => octet ^ 1) }))
      return [encodeMessage({ ...lie(to), edns: { ...to.edns!, options } })]
    },
  ],
]

test.each(forgeries)('%s is passed over, and the true reply behind it is taken', async (_, forge) => {
  const server = await servers.serve(sending(to => [...forge(to), ...forge(to), encodeMessage(truth(to))]))
  expect(await answersFrom(server)).toEqual(TRUE)
})

test.each(forgeries)('%s many times over leads to TCP, where the truth is', async (_, forge) => {
  const many = sending(to => Array.from({ length: 5 }, () => forge(to)).flat())
  const server = await servers.serve(many, truthOverTcp)
  expect(await answersFrom(server, 60_000, client(4))).toEqual(TRUE)
})

test('a reply from another address or port is not even seen', async () => {
  const other = await servers.bind()
  const server = await servers.serve((to, send, from) => {
    for (let n = 0; n < 20; n++) other.send(encodeMessage(lie(to)), from.port, from.address)
    other.send(encodeMessage(lie(to)), from.port, from.address, () => {
      send(encodeMessage(truth(to)))
    })
  })
  expect(await answersFrom(server)).toEqual(TRUE)
})

test('a server that is silent, and one that only sends what is no reply, end in silence when the time is over', async () => {
  expect(await answersFrom(await servers.serve(() => {}), 50)).toBe('silence')
  const wrong = sending(to => [encodeMessage({ ...lie(to), id: to.id ^ 1 })])
  expect(await answersFrom(await servers.serve(wrong), 50)).toBe('silence')
})

test('a port that nobody listens on is known at once', async () => {
  expect(await answersFrom({ host: '127.0.0.1', port: await closedPort() }, 60_000)).toBe('unreachable')
})

test('an address that cannot be reached is known at once', async () => {
  expect(await answersFrom({ host: '255.255.255.255', port: 53 }, 60_000)).toBe('unreachable')
})

test.each<[what: string, cut: (to: Message) => Uint8Array]>([
  ['with no records', to => encodeMessage({ ...respond(to), truncated: true })],
  ['that ends inside a record', to => encodeMessage({ ...truth(to), truncated: true }).subarray(0, 40)],
])('a truncated reply %s leads to TCP', async (_, cut) => {
  const server = await servers.serve(
    sending(to => [cut(to)]),
    sendingTcp(to => [frame(encodeMessage({ ...lie(to), id: to.id ^ 1 })), frame(encodeMessage(truth(to)))]),
  )
  expect(await answersFrom(server)).toEqual(TRUE)
})

const truncated = sending(to => [encodeMessage({ ...respond(to), truncated: true })])

test('where TCP is closed, or ends without a reply, the server is unreachable', async () => {
  expect(await answersFrom(await servers.serve(truncated), 60_000)).toBe('unreachable')
  expect(
    await answersFrom(
      await servers.serve(
        truncated,
        sendingTcp(() => []),
      ),
      60_000,
    ),
  ).toBe('unreachable')
  expect(
    await answersFrom(
      await servers.serve(
        truncated,
        sendingTcp(() => [Uint8Array.of(0)]),
      ),
      100,
    ),
  ).toBe('silence')
})

test('when the gateway stops, the wait ends', async () => {
  const server = plainUpstream(await servers.serve(() => {}))
  const stopping = new AbortController()
  const exchange = client()
  const result = exchange(server, request, 60_000, stopping.signal)
  stopping.abort()
  expect(await result).toEqual({ kind: 'silence' })
  expect(await exchange(server, request, 60_000, stopping.signal)).toEqual({ kind: 'silence' })
})

test('every request leaves from a port of its own, drawn from all that there are', async () => {
  const ports: number[] = []
  const server = await servers.serve((to, send, from) => {
    ports.push(from.port)
    send(encodeMessage(truth(to)))
  })
  for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 20 }, () => answersFrom(server)))
  expect(new Set(ports).size).toBeGreaterThan(190)
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024)
  // The kernel alone would choose between 32768 and 60999.
  expect(Math.min(...ports)).toBeLessThan(16_000)
  expect(Math.max(...ports)).toBeGreaterThan(61_000)
})

test('every request has letters of its own, and the reply comes back in those that were asked for', async () => {
  const seen: string[] = []
  const server = await servers.serve(
    sending(to => {
      const name = to.questions[0]!.name.toString()
      seen.push(name)
      return [encodeMessage(respond(to, { answers: `${name} 100 CNAME host.${name.slice(4)}` }))]
    }),
  )
  for (let n = 0; n < 20; n++)
    expect(await answersFrom(server)).toEqual(['www.example. 100 IN CNAME host.example.'])
  expect(new Set(seen).size).toBeGreaterThan(15)
  expect(new Set(seen.map(name => name.toLowerCase()))).toEqual(new Set(['www.example.']))
})

function lowerCased(to: Message): Message {
  return { ...truth(to), questions: queryFor('www.example').questions }
}

test('a server that does not keep letters is asked over TCP, from then on at once', async () => {
  let datagrams = 0
  const server = await servers.serve((to, send) => {
    datagrams++
    send(encodeMessage(lowerCased(to)))
  }, truthOverTcp)
  const exchange = client()
  for (let n = 0; n < 20; n++) expect(await answersFrom(server, 2000, exchange)).toEqual(TRUE)
  // One in 1024 requests has no capital letter by chance.
  expect(datagrams).toBeLessThanOrEqual(2)
  expect(servers.connections).toBe(1)
})

test('where that server has no TCP, letters do not count', async () => {
  const names: string[] = []
  const server = await servers.serve(
    sending(to => {
      names.push(to.questions[0]!.name.toString())
      return [encodeMessage(lowerCased(to))]
    }),
  )
  const exchange = client()
  for (let n = 0; n < 20; n++) expect(await answersFrom(server, 2000, exchange)).toEqual(TRUE)
  expect(names.slice(-10)).toEqual(Array(10).fill('www.example.'))
})

/** The cookie of a request, in hexadecimal digits. */
function cookieOf(to: Message): string {
  const option = to.edns?.options.find(({ code }) => code === EdnsOptionCode.COOKIE)
  return Buffer.from(option?.data ?? []).toString('hex')
}

/** A reply with a cookie of the server behind the client's. */
function withCookie(to: Message, reply: Message, server: string): Message {
  const data = Buffer.from(cookieOf(to).slice(0, 16) + server, 'hex')
  return { ...reply, edns: { ...to.edns!, options: [{ code: EdnsOptionCode.COOKIE, data }] } }
}

const COOKIE = '0123456789abcdef'

test('a server gets its cookie back, and the client keeps the same one for it alone', async () => {
  const seen: string[][] = [[], []]
  const exchange = client()
  for (const list of seen) {
    const server = await servers.serve(
      sending(to => {
        list.push(cookieOf(to))
        return [encodeMessage(withCookie(to, truth(to), COOKIE))]
      }),
    )
    for (let n = 0; n < 3; n++) expect(await answersFrom(server, 2000, exchange)).toEqual(TRUE)
  }
  const [[first, second, third], [other]] = seen as [string[], string[]]
  expect(first).toMatch(/^[\da-f]{16}$/)
  expect([second, third]).toEqual([`${first}${COOKIE}`, `${first}${COOKIE}`])
  expect(other).not.toBe(first)
})

test('once a server has cookies, a reply without one is no reply, and TCP has the truth', async () => {
  let isForged = false
  const server = await servers.serve(
    sending(to => [
      isForged
        ? encodeMessage({ ...lie(to), edns: plainEdns })
        : encodeMessage(withCookie(to, truth(to), COOKIE)),
    ]),
    truthOverTcp,
  )
  const exchange = client()
  await answersFrom(server, 2000, exchange)
  isForged = true
  expect(await answersFrom(server, 2000, exchange)).toEqual(TRUE)
  expect(servers.connections).toBe(1)
})

test('a server that does not know the cookie any more is asked again with the one that it gives', async () => {
  const seen: string[] = []
  const server = await servers.serve(
    sending(to => {
      seen.push(cookieOf(to).slice(16))
      const isKnown = seen.at(-1) === 'fedcba9876543210'
      const reply = isKnown ? truth(to) : { ...respond(to), rcode: Rcode.BADCOOKIE }
      return [encodeMessage(withCookie(to, reply, 'fedcba9876543210'))]
    }),
  )
  expect(await answersFrom(server)).toEqual(TRUE)
  expect(seen).toEqual(['', 'fedcba9876543210'])
})

test('one that is never content with a cookie is asked over TCP', async () => {
  let datagrams = 0
  const server = await servers.serve(
    sending(to => {
      datagrams++
      return [encodeMessage(withCookie(to, { ...respond(to), rcode: Rcode.BADCOOKIE }, COOKIE))]
    }),
    truthOverTcp,
  )
  expect(await answersFrom(server)).toEqual(TRUE)
  expect(datagrams).toBe(2)
})

test('a request without EDNS has no cookie', async () => {
  const seen: boolean[] = []
  const server = await servers.serve(
    sending(to => {
      seen.push(to.edns !== undefined)
      return [encodeMessage(truth(to))]
    }),
  )
  const { edns: _, ...plain } = request
  expect((await client()(plainUpstream(server), plain, 2000, signal)).kind).toBe('reply')
  expect(seen).toEqual([false])
})

test('over IPv6 too', async () => {
  const socket = await servers.bind('::1')
  socket.on('message', (packet, from) => {
    socket.send(encodeMessage(truth(decodeMessage(packet))), from.port, from.address)
  })
  expect(await answersFrom({ host: '::1', port: socket.address().port })).toEqual(TRUE)
})

test('a reply with a record that nobody can read is a reply, without TCP, and no later packet takes its place', async () => {
  const half = sending(to => [encodeMessage(truth(to)).subarray(0, -3), encodeMessage(lie(to))])
  const result = await client()(plainUpstream(await servers.serve(half)), request, 60_000, signal)
  expect(result).toMatchObject({ kind: 'reply', message: { truncated: true, answers: [] } })
})
