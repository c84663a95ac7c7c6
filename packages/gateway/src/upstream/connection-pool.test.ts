import type { Socket } from 'node:net'
import { EdnsOptionCode, type Message, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { lines, queryFor } from '../asking.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import { frame } from '../transports/frames.ts'
import { createDial } from './dial.ts'
import type { ExchangeResult } from './exchange.ts'
import { ScriptedServers, closedPort } from './scripted-server.test-support.ts'
import { ConnectionPool } from './connection-pool.ts'
import { makeCredentials } from './test-credentials.test-support.ts'
import { type Upstream, parseUpstream } from './upstream.ts'

const servers = new ScriptedServers()
afterEach(async () => {
  await servers.close()
})

const signal = new AbortController().signal

function poolWith(limits: Partial<Limits> = {}, ca?: string): ConnectionPool {
  const dial = createDial({ addressesOf: () => Promise.resolve([]), ca })
  const pool = new ConnectionPool({ dial, limits: { ...limitsWith(), ...limits } })
  servers.closeWithTest(pool)
  return pool
}

/** The answer to a name has the name in it, so that replies cannot be mixed up. */
function answer(request: Message, socket: Socket): void {
  const name = request.questions[0]!.name.toString()
  socket.write(frame(encodeMessage(respond(request, { answers: `${name} 60 TXT "${name}"` }))))
}

async function ask(pool: ConnectionPool, server: Upstream, name: string, timeout = 5000): Promise<string> {
  const result = await pool.exchange(server, queryFor(name, 'TXT', { id: 7 }), timeout, signal)
  return textOf(result)
}

function textOf(result: ExchangeResult): string {
  if (result.kind === 'reply') return lines(result.message.answers).join()
  return result.kind === 'silence' ? 'silence' : `unreachable: ${result.reason}`
}

const said = (name: string): string => `${name}. 60 IN TXT "${name}."`

async function tcp(script: (request: Message, socket: Socket) => void): Promise<Upstream> {
  const at = await servers.serveTcp(script)
  return { protocol: 'tcp', ...at! }
}

test('requests one after the other, and a hundred at once, share one connection', async () => {
  const server = await tcp(answer)
  const pool = poolWith()
  for (let n = 0; n < 5; n++) expect(await ask(pool, server, `${n}.example`)).toBe(said(`${n}.example`))
  const names = Array.from({ length: 30 }, (_, n) => `${n}.example`)
  expect(await Promise.all(names.map(name => ask(pool, server, name)))).toEqual(names.map(said))
  expect(servers.connections).toBe(1)
})

test('replies come in any order, and those with the same ID are told apart', async () => {
  const held: [Message, Socket][] = []
  const server = await tcp((request, socket) => {
    held.push([request, socket])
    if (held.length === 20) for (const one of held.toReversed()) answer(...one)
  })
  const names = Array.from({ length: 20 }, (_, n) => `${n}.example`)
  const pool = poolWith()
  expect(await Promise.all(names.map(name => ask(pool, server, name)))).toEqual(names.map(said))
  expect(new Set(held.map(([{ id }]) => id)).size).toBe(20)
})

test('what is no reply to a request on the connection is passed over', async () => {
  const server = await tcp((request, socket) => {
    const [asked] = queryFor('evil.example').questions
    const lie = { ...respond(request, { answers: 'evil.example. 60 A 203.0.113.66' }), questions: [asked!] }
    socket.write(frame(Uint8Array.of(1, 2, 3)))
    socket.write(frame(encodeMessage(lie)))
    socket.write(frame(encodeMessage({ ...respond(request), id: request.id ^ 1 })))
    answer(request, socket)
    answer(request, socket)
  })
  const pool = poolWith()
  for (const name of ['a.example', 'b.example']) expect(await ask(pool, server, name)).toBe(said(name))
})

test('a connection that the server closed while nothing was under way is not used again', async () => {
  const server = await tcp((request, socket) => {
    answer(request, socket)
    socket.end()
  })
  const pool = poolWith()
  for (let n = 0; n < 3; n++) expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  expect(servers.connections).toBe(3)
})

test('a request whose connection dies is sent once more, on a new one', async () => {
  let requests = 0
  const server = await tcp((request, socket) => {
    requests++
    // The first one is answered, so that the connection is kept; the second one kills it.
    if (requests === 2) socket.resetAndDestroy()
    else answer(request, socket)
  })
  const pool = poolWith()
  expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  expect(await ask(pool, server, 'b.example')).toBe(said('b.example'))
  expect([requests, servers.connections]).toEqual([3, 2])
})

test('many requests on a connection that dies are all answered on others', async () => {
  let requests = 0
  const server = await tcp((request, socket) => {
    if (++requests === 20) socket.destroy()
    else if (requests > 20) answer(request, socket)
  })
  const pool = poolWith()
  const names = Array.from({ length: 20 }, (_, n) => `${n}.example`)
  expect(await Promise.all(names.map(name => ask(pool, server, name)))).toEqual(names.map(said))
})

test('a server that always closes is not asked for ever', async () => {
  let requests = 0
  const server = await tcp((_, socket) => {
    requests++
    socket.destroy()
  })
  expect(await ask(poolWith(), server, 'a.example')).toBe(
    'unreachable: the server closes its connections without a reply',
  )
  expect(requests).toBe(2)
})

test('a port that nobody listens on is known at once', async () => {
  const server: Upstream = { protocol: 'tcp', host: '127.0.0.1', port: await closedPort() }
  expect(await ask(poolWith(), server, 'a.example')).toMatch(/^unreachable: .*ECONNREFUSED/)
})

test('a connection that is open on one side only is left, and whoever waits on it goes on elsewhere', async () => {
  const server = await tcp((request, socket) => {
    // Whatever the first connection is asked after its first answer goes nowhere.
    const isFirst = servers.connections === 1
    if (!isFirst || request.questions[0]!.name.toString() === 'a.example.') answer(request, socket)
  })
  const pool = poolWith({ upstreamPatience: 10 })
  await ask(pool, server, 'a.example')
  const lost = ask(pool, server, 'b.example', 50)
  const late = ask(pool, server, 'c.example', 5000)
  expect(await lost).toBe('silence')
  expect(await late).toBe(said('c.example'))
  expect(servers.connections).toBe(2)
})

test('while nothing comes on a connection, further requests go on another one', async () => {
  const first = Promise.withResolvers<void>()
  const server = await tcp((request, socket) => {
    if (request.questions[0]!.name.toString() === 'slow.example.') first.resolve()
    else answer(request, socket)
  })
  const pool = poolWith({ upstreamPatience: -1 })
  const slow = ask(pool, server, 'slow.example', 200)
  await first.promise
  expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  expect(servers.connections).toBe(2)
  expect(await slow).toBe('silence')
})

test('a slow name does not cost the connection on which others are answered', async () => {
  const server = await tcp((request, socket) => {
    if (request.questions[0]!.name.toString() !== 'slow.example.') answer(request, socket)
  })
  const pool = poolWith({ upstreamConnections: 1 })
  const slow = ask(pool, server, 'slow.example', 100)
  await ask(pool, server, 'a.example')
  expect(await slow).toBe('silence')
  await ask(pool, server, 'b.example')
  expect(servers.connections).toBe(1)
})

test('a busy server gets more connections, up to the limit; what is over it hears so at once', async () => {
  const held: [Message, Socket][] = []
  const full = Promise.withResolvers<void>()
  const server = await tcp((request, socket) => {
    held.push([request, socket])
    if (held.length === 80) full.resolve()
  })
  const pool = poolWith({ upstreamConnections: 2, upstreamPipelined: 40 })
  const asking = Array.from({ length: 80 }, (_, n) => ask(pool, server, `${n}.example`))
  await full.promise
  expect(await ask(pool, server, 'over.example')).toMatch(/^unreachable: too many requests/)
  for (const one of held) answer(...one)
  expect(await Promise.all(asking)).toHaveLength(80)
  expect(servers.connections).toBe(2)
})

test('a connection is closed once it was idle for long enough, or when the server says so', async () => {
  const closed = Promise.withResolvers<void>()
  const server = await tcp((request, socket) => {
    socket.once('close', closed.resolve)
    answer(request, socket)
  })
  const pool = poolWith({ upstreamIdle: 50 })
  await ask(pool, server, 'a.example')
  expect(pool.size).toBe(1)
  await closed.promise
  expect(pool.size).toBe(0)

  const told = Promise.withResolvers<void>()
  let asked: readonly number[] = []
  const frugal = await tcp((request, socket) => {
    socket.once('close', told.resolve)
    asked = request.edns!.options.map(({ code }) => code)
    const options = [{ code: EdnsOptionCode.KEEPALIVE, data: Uint8Array.of(0, 0) }]
    socket.write(frame(encodeMessage({ ...respond(request), edns: { ...request.edns!, options } })))
  })
  await ask(poolWith(), frugal, 'a.example')
  await told.promise
  expect(asked).toEqual([EdnsOptionCode.KEEPALIVE])
})

test('more idle connections than are kept go, the one that was idle longest first', async () => {
  const pool = poolWith({ upstreamKept: 2 })
  const all = [await tcp(answer), await tcp(answer), await tcp(answer)]
  for (const server of all) await ask(pool, server, 'a.example')
  expect(pool.size).toBe(2)
  for (const server of all.slice(1)) await ask(pool, server, 'a.example')
  expect(servers.connections).toBe(3)
  await ask(pool, all[0]!, 'a.example')
  expect(servers.connections).toBe(4)
})

test('when the gateway stops, everything ends', async () => {
  const asked = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const server = await tcp((_, socket) => {
    asked.resolve()
    socket.once('close', gone.resolve)
  })
  const pool = poolWith()
  const stopping = new AbortController()
  const result = pool.exchange(server, queryFor('a.example'), 60_000, stopping.signal)
  await asked.promise
  stopping.abort()
  expect(await result).toEqual({ kind: 'silence' })
  pool.close()
  await gone.promise
  expect(pool.size).toBe(0)
  expect(textOf(await pool.exchange(server, queryFor('a.example'), 1000, signal))).toMatch(/^unreachable/)
})

const day = 86_400_000
const good = makeCredentials(['dns.example', '127.0.0.1'])
const expired = makeCredentials(['dns.example'], Date.now() - 2 * day, Date.now() - day)
const unborn = makeCredentials(['dns.example'], Date.now() + day, Date.now() + 2 * day)
const other = makeCredentials(['other.example', '127.0.0.2'])

async function tls(credentials: { key: string; cert: string }, name?: string): Promise<Upstream> {
  const { host, port } = await servers.serveTls(credentials, answer)
  return parseUpstream(`tls://${host}:${port}${name === undefined ? '' : `#${name}`}`, 'x')
}

test.each(['dns.example', undefined])('over TLS, the certificate is good for %s', async name => {
  const server = await tls(good, name)
  const pool = poolWith({}, good.cert)
  for (let n = 0; n < 3; n++) expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  expect(servers.connections).toBe(1)
})

test.each<
  [what: string, credentials: typeof good, name: string | undefined, ca: string | undefined, reason: RegExp]
>([
  ['has expired', expired, 'dns.example', expired.cert, /certificate has expired/],
  ['is not valid yet', unborn, 'dns.example', unborn.cert, /not yet valid/],
  ['is for another name', other, 'dns.example', other.cert, /does not match certificate's altnames/],
  [
    'is for another address',
    other,
    undefined,
    other.cert,
    /does not match certificate's altnames|not in the cert's list/,
  ],
  ['is from an authority that is not pinned', good, 'dns.example', other.cert, /self-signed certificate/],
  ['is from an authority that nobody trusts', good, 'dns.example', undefined, /self-signed certificate/],
])('a server whose certificate %s is not asked', async (_, credentials, name, ca, reason) => {
  let requests = 0
  const at = await servers.serveTls(credentials, () => requests++)
  const server = parseUpstream(`tls://127.0.0.1:${at.port}${name === undefined ? '' : `#${name}`}`, 'x')
  expect(await ask(poolWith({}, ca), server, 'a.example')).toMatch(reason)
  expect(requests).toBe(0)
})

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a session with a server that was not trusted is no way around its certificate, over %s',
  async version => {
    let requests = 0
    const at = await servers.serveTls(
      { ...other, minVersion: version, maxVersion: version },
      () => requests++,
    )
    const server = parseUpstream(`tls://127.0.0.1:${at.port}#dns.example`, 'x')
    const pool = poolWith({}, other.cert)
    for (let n = 0; n < 4; n++)
      expect(await ask(pool, server, 'a.example')).toMatch(/does not match certificate's altnames/)
    expect(requests).toBe(0)
  },
)

test('a server that does not speak TLS, and one that never finishes the handshake, end in time', async () => {
  const plain = await tcp((_, socket) => socket.end('no'))
  expect(await ask(poolWith(), { ...plain, protocol: 'tls' }, 'a.example', 500)).toMatch(
    /^(unreachable|silence)/,
  )
  expect(await ask(poolWith(), { ...(await tcp(() => {})), protocol: 'tls' }, 'a.example', 50)).toBe(
    'silence',
  )
})

test('over TLS the lengths of requests say little; over TCP nothing is filled up', async () => {
  const lengths = new Set<number>()
  const see = (request: Message, socket: Socket): void => {
    lengths.add(encodeMessage(request).length)
    answer(request, socket)
  }
  const at = await servers.serveTls(good, see)
  const server = parseUpstream(`tls://127.0.0.1:${at.port}#dns.example`, 'x')
  const pool = poolWith({}, good.cert)
  for (const name of ['a.example', 'a-longer-name.example', `${'x'.repeat(60)}.example`])
    expect(await ask(pool, server, name)).toBe(said(name))
  expect([...lengths]).toEqual([128])
  lengths.clear()
  await ask(pool, await tcp(see), 'a.example')
  expect([...lengths][0]).toBeLessThan(60)
})

test('a second connection over TLS takes up the session of the first', async () => {
  const reused: boolean[] = []
  const at = await servers.serveTls(good, (request, socket) => {
    reused.push((socket as unknown as { isSessionReused(): boolean }).isSessionReused())
    answer(request, socket)
    socket.end()
  })
  const server = parseUpstream(`tls://127.0.0.1:${at.port}#dns.example`, 'x')
  const pool = poolWith({}, good.cert)
  for (let n = 0; n < 2; n++) await ask(pool, server, 'a.example')
  expect([reused[0], reused.at(-1)]).toEqual([false, true])
})

test('a host that is given by name is found through the addresses that are known of it', async () => {
  const at = await servers.serveTls(good, answer)
  const dial = createDial({
    addressesOf: host => Promise.resolve(host === 'dns.example' ? ['127.0.0.1'] : []),
    ca: good.cert,
  })
  const pool = new ConnectionPool({ dial, limits: limitsWith() })
  servers.closeWithTest(pool)
  expect(await ask(pool, parseUpstream(`tls://dns.example:${at.port}`, 'x'), 'a.example')).toBe(
    said('a.example'),
  )
  expect(await ask(pool, parseUpstream(`tls://no.example:${at.port}`, 'x'), 'a.example')).toMatch(
    /no address of no\.example is known/,
  )
})

test('a reply with a record that nobody can read is a reply, so that its connection goes on', async () => {
  const server = await tcp((request, socket) => {
    const [asked] = request.questions
    const name = asked!.name.toString()
    const whole = encodeMessage(respond(request, { answers: `${name} 60 TXT "${name}"` }))
    socket.write(frame(name === 'half.example.' ? whole.subarray(0, -1) : whole))
  })
  const pool = poolWith()
  const result = await pool.exchange(server, queryFor('half.example', 'TXT', { id: 7 }), 60_000, signal)
  expect(result).toMatchObject({ kind: 'reply', message: { truncated: true, answers: [] } })
  expect(await ask(pool, server, 'a.example')).toBe(said('a.example'))
  expect(servers.connections).toBe(1)
})
