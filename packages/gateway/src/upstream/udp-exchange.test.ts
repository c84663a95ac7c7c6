import { type Socket, createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { type Message, decodeMessage, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { lines, queryFor } from '../asking.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { respond } from '../in-process.test-support.ts'
import { FrameReader, frame } from '../transports/frames.ts'
import { exchangeOverUdp } from './udp-exchange.ts'

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

const request = queryFor('www.example', 'A', { id: 0xbeef })
const signal = new AbortController().signal
const truth = (to: Message): Message => respond(to, { answers: 'www.example. 100 A 192.0.2.1' })
const lie = (to: Message): Message => respond(to, { answers: 'www.example. 100 A 203.0.113.66' })

/** A server on loopback that sends whatever octets the test makes of a request. */
async function serve(
  udp: (request: Message) => Uint8Array[],
  tcp?: (request: Message) => Uint8Array[],
): Promise<Endpoint> {
  for (;;) {
    const socket = await bind(createSocket('udp4'))
    const { port } = socket.address()
    // The same number may be taken for TCP, by a client even.
    if (tcp !== undefined && !(await serveTcp(port, tcp))) continue
    socket.on('message', (packet, from) => {
      for (const reply of udp(decodeMessage(packet))) socket.send(reply, from.port, from.address)
    })
    return { host: '127.0.0.1', port }
  }
}

async function bind(socket: Socket): Promise<Socket> {
  open.push(socket)
  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  return socket
}

async function serveTcp(port: number, answer: (request: Message) => Uint8Array[]): Promise<boolean> {
  const server = createServer(socket => {
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const packet of frames.push(chunk as Uint8Array)) {
        const replies = answer(decodeMessage(packet))
        if (replies.length === 0) socket.destroy()
        for (const reply of replies) socket.write(reply)
      }
    })
  })
  return new Promise(resolve => {
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      open.push(server)
      resolve(true)
    })
  })
}

async function answersFrom(server: Endpoint, timeout = 2000): Promise<string[] | string> {
  const result = await exchangeOverUdp(server, request, timeout, signal)
  return result.kind === 'reply' ? lines(result.message.answers) : result.kind
}

const TRUE = ['www.example. 100 IN A 192.0.2.1']

test('a request and its reply', async () => {
  expect(await answersFrom(await serve(to => [encodeMessage(truth(to))]))).toEqual(TRUE)
})

test.each<[what: string, forge: (to: Message) => Uint8Array[]]>([
  ['garbage', () => [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(600).fill(0xff)]],
  ['another ID', to => [encodeMessage({ ...lie(to), id: to.id ^ 1 })]],
  ['another name', to => [encodeMessage({ ...lie(to), questions: queryFor('www.evil').questions })]],
  [
    'another type',
    to => [encodeMessage({ ...lie(to), questions: queryFor('www.example', 'AAAA').questions })],
  ],
  ['no question', to => [encodeMessage({ ...lie(to), questions: [] })]],
  ['two questions', to => [encodeMessage({ ...lie(to), questions: [...to.questions, ...to.questions] })]],
  ['a query', to => [encodeMessage({ ...lie(to), response: false })]],
  ['another opcode', to => [encodeMessage({ ...lie(to), opcode: 4 })]],
  ['half a reply', to => [encodeMessage(lie(to)).subarray(0, -3)]],
])('%s is passed over, and the true reply behind it is taken', async (_, forge) => {
  const server = await serve(to => [...forge(to), ...forge(to), encodeMessage(truth(to))])
  expect(await answersFrom(server)).toEqual(TRUE)
})

test('a reply from another address or port is not even seen', async () => {
  const other = await bind(createSocket('udp4'))
  const socket = await bind(createSocket('udp4'))
  socket.on('message', (packet, from) => {
    const to = decodeMessage(packet)
    other.send(encodeMessage(lie(to)), from.port, from.address, () => {
      socket.send(encodeMessage(truth(to)), from.port, from.address)
    })
  })
  expect(await answersFrom({ host: '127.0.0.1', port: socket.address().port })).toEqual(TRUE)
})

test('a server that is silent, and one that only sends what is no reply, end in silence when the time is over', async () => {
  expect(await answersFrom(await serve(() => []), 50)).toBe('silence')
  expect(await answersFrom(await serve(to => [encodeMessage({ ...lie(to), id: to.id ^ 1 })]), 50)).toBe(
    'silence',
  )
})

test('a port that nobody listens on is known at once', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  const { port } = socket.address()
  await new Promise<void>(resolve => {
    socket.close(resolve)
  })
  expect(await answersFrom({ host: '127.0.0.1', port }, 60_000)).toBe('unreachable')
})

test.each<[what: string, cut: (to: Message) => Uint8Array]>([
  ['with no records', to => encodeMessage({ ...respond(to), truncated: true })],
  ['that ends inside a record', to => encodeMessage({ ...truth(to), truncated: true }).subarray(0, 40)],
])('a truncated reply %s leads to TCP', async (_, cut) => {
  const server = await serve(
    to => [cut(to)],
    to => [frame(encodeMessage({ ...lie(to), id: to.id ^ 1 })), frame(encodeMessage(truth(to)))],
  )
  expect(await answersFrom(server)).toEqual(TRUE)
})

function truncated(to: Message): Uint8Array[] {
  return [encodeMessage({ ...respond(to), truncated: true })]
}

test('where TCP is closed, or ends without a reply, the server is unreachable', async () => {
  expect(await answersFrom(await serve(truncated), 60_000)).toBe('unreachable')
  expect(await answersFrom(await serve(truncated, () => []), 60_000)).toBe('unreachable')
  expect(await answersFrom(await serve(truncated, () => [Uint8Array.of(0)]), 100)).toBe('silence')
})

test('when the gateway stops, the wait ends', async () => {
  const server = await serve(() => [])
  const stopping = new AbortController()
  const result = exchangeOverUdp(server, request, 60_000, stopping.signal)
  stopping.abort()
  expect(await result).toEqual({ kind: 'silence' })
  expect(await exchangeOverUdp(server, request, 60_000, stopping.signal)).toEqual({ kind: 'silence' })
})

test('every request leaves from a port of its own', async () => {
  const ports = new Set<number>()
  const socket = await bind(createSocket('udp4'))
  socket.on('message', (packet, from) => {
    ports.add(from.port)
    socket.send(encodeMessage(truth(decodeMessage(packet))), from.port, from.address)
  })
  const server = { host: '127.0.0.1', port: socket.address().port }
  await Promise.all(Array.from({ length: 20 }, () => answersFrom(server)))
  expect(ports.size).toBe(20)
})

test('over IPv6 too', async () => {
  const socket = createSocket('udp6')
  open.push(socket)
  await new Promise<void>(resolve => {
    socket.bind(0, '::1', resolve)
  })
  socket.on('message', (packet, from) => {
    socket.send(encodeMessage(truth(decodeMessage(packet))), from.port, from.address)
  })
  expect(await answersFrom({ host: '::1', port: socket.address().port })).toEqual(TRUE)
})
