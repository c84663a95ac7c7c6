import type { ServerHttp2Stream } from 'node:http2'
import { type Message, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { lines, queryFor } from '../asking.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import { ConnectionPool } from './connection-pool.ts'
import { createDial } from './dial.ts'
import type { ExchangeResult } from './exchange.ts'
import { type HttpsScript, ScriptedServers } from './scripted-server.test-support.ts'
import { makeCredentials } from './test-credentials.test-support.ts'
import { type Upstream, parseUpstream } from './upstream.ts'

const servers = new ScriptedServers()
afterEach(async () => {
  await servers.close()
})

const signal = new AbortController().signal
const credentials = makeCredentials(['dns.example'])
const OK = { ':status': 200, 'content-type': 'application/dns-message' }

async function upstream(script: HttpsScript): Promise<Upstream> {
  const { port } = await servers.serveHttps(credentials, script)
  return parseUpstream(`https://127.0.0.1:${port}/dns-query#dns.example`, 'x')
}

function poolWith(limits: Partial<Limits> = {}): ConnectionPool {
  const dial = createDial({ addressesOf: () => Promise.resolve([]), ca: credentials.cert })
  const pool = new ConnectionPool({ dial, limits: { ...limitsWith(), ...limits } })
  servers.closeWithTest(pool)
  return pool
}

function answer(request: Message, stream: ServerHttp2Stream, headers: object = OK): void {
  const name = request.questions[0]!.name.toString()
  stream.respond({ ...headers })
  stream.end(encodeMessage(respond(request, { answers: `${name} 60 TXT "${name}"` })))
}

async function ask(pool: ConnectionPool, server: Upstream, name: string, timeout = 5000): Promise<string> {
  return textOf(await pool.exchange(server, queryFor(name, 'TXT', { id: 7 }), timeout, signal))
}

function textOf(result: ExchangeResult): string {
  if (result.kind === 'reply') return lines(result.message.answers).join()
  return result.kind === 'silence' ? 'silence' : `unreachable: ${result.reason}`
}

const said = (name: string): string => `${name}. 60 IN TXT "${name}."`

test('all requests go on one connection, each a POST whose length says little', async () => {
  const seen: unknown[] = []
  const server = await upstream((request, stream, headers) => {
    seen.push([headers[':method'], headers[':path'], headers['content-type'], headers.accept, request.id])
    expect(Number(headers['content-length'])).toBe(128)
    answer(request, stream)
  })
  const pool = poolWith()
  await ask(pool, server, 'a.example')
  const names = Array.from({ length: 100 }, (_, n) => `${n}.example`)
  expect(await Promise.all(names.map(name => ask(pool, server, name)))).toEqual(names.map(said))
  expect(servers.connections).toBe(1)
  const type = 'application/dns-message'
  expect(new Set(seen.map(String))).toEqual(new Set([`POST,/dns-query,${type},${type},0`]))
})

test.each<[what: string, script: HttpsScript, reason: RegExp]>([
  [
    'a status that is no success',
    (_, stream) => stream.respond({ ':status': 503 }, { endStream: true }),
    /HTTP status is 503/,
  ],
  [
    'a redirection',
    (_, stream) => stream.respond({ ':status': 302, location: 'https://evil.example/' }, { endStream: true }),
    /HTTP status is 302/,
  ],
  [
    'a page',
    (request, stream) => {
      answer(request, stream, { ':status': 200, 'content-type': 'text/html' })
    },
    /it sends text\/html instead of application\/dns-message/,
  ],
  [
    'no message',
    (_, stream) => {
      stream.respond(OK)
      stream.end('x')
    },
    /is no DNS message/,
  ],
  [
    'the answer to another question',
    (request, stream) => {
      answer({ ...request, questions: queryFor('evil.example').questions }, stream)
    },
    /is to another question/,
  ],
  [
    'more than a message can have',
    (_, stream) => {
      stream.respond(OK)
      stream.write(new Uint8Array(70_000))
    },
    /too long for a message/,
  ],
])('%s is no reply', async (_, script, reason) => {
  expect(await ask(poolWith(), await upstream(script), 'a.example')).toMatch(reason)
})

test('what lay in a cache on the way is older than its TTLs say', async () => {
  const server = await upstream((request, stream) => {
    answer(request, stream, { ...OK, age: '25' })
  })
  expect(await ask(poolWith(), server, 'a.example')).toBe('a.example. 35 IN TXT "a.example."')
})

test('a server that closes the connection in the middle of a request gets it again on a new one', async () => {
  let requests = 0
  const server = await upstream((request, stream) => {
    if (++requests === 2) stream.session?.destroy()
    else answer(request, stream)
  })
  const pool = poolWith()
  for (const name of ['a.example', 'b.example']) expect(await ask(pool, server, name)).toBe(said(name))
  expect([requests, servers.connections]).toEqual([3, 2])
})

test('a server that takes no further requests finishes the old ones, and gets new ones on a new connection', async () => {
  const held: [Message, ServerHttp2Stream][] = []
  const went = Promise.withResolvers<void>()
  const server = await upstream((request, stream) => {
    if (request.questions[0]!.name.toString() !== 'slow.example.') return answer(request, stream)
    held.push([request, stream])
    stream.session?.goaway()
    went.resolve()
  })
  const pool = poolWith({ upstreamConnections: 1 })
  const slow = ask(pool, server, 'slow.example')
  await went.promise
  expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  for (const one of held) answer(...one)
  expect(await slow).toBe(said('slow.example'))
  expect(servers.connections).toBe(2)
})

test('a request that is refused is sent again, once', async () => {
  let requests = 0
  const server = await upstream((_, stream) => {
    requests++
    stream.close(7)
  })
  expect(await ask(poolWith(), server, 'a.example')).toMatch(/^unreachable: the server closes/)
  expect(requests).toBe(2)
})

test('a request that nobody waits for any more is taken back', async () => {
  const cancelled = Promise.withResolvers<void>()
  const server = await upstream((_, stream) => {
    stream.respond(OK)
    stream.once('close', cancelled.resolve)
  })
  expect(await ask(poolWith(), server, 'a.example', 50)).toBe('silence')
  await cancelled.promise
})

test('a server that does not speak HTTP/2, and one with another certificate, are not asked', async () => {
  const { port } = await servers.serveTls(credentials, () => {})
  const plain = parseUpstream(`https://127.0.0.1:${port}#dns.example`, 'x')
  expect(await ask(poolWith(), plain, 'a.example')).toBe('unreachable: the server does not speak HTTP/2')
  let requests = 0
  const server = await upstream(() => {
    requests++
  })
  expect(await ask(poolWith(), { ...server, certificateName: 'other.example' }, 'a.example')).toMatch(
    /does not match certificate's altnames/,
  )
  expect(requests).toBe(0)
})

test('an idle connection is closed', async () => {
  const closed = Promise.withResolvers<void>()
  const server = await upstream((request, stream) => {
    stream.session?.once('close', closed.resolve)
    answer(request, stream)
  })
  const pool = poolWith({ upstreamIdle: 50 })
  await ask(pool, server, 'a.example')
  await closed.promise
  expect(pool.size).toBe(0)
})

test('when the gateway stops, everything ends', async () => {
  const asked = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const server = await upstream((_, stream) => {
    stream.session?.once('close', closed.resolve)
    asked.resolve()
  })
  const pool = poolWith()
  const stopping = new AbortController()
  const result = pool.exchange(server, queryFor('a.example'), 60_000, stopping.signal)
  await asked.promise
  stopping.abort()
  expect(await result).toEqual({ kind: 'silence' })
  pool.close()
  await closed.promise
})
