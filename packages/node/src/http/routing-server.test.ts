import { type EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { MAX_RECORD_LENGTH, type SignedRecord, decodeRecord } from '@signpost/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, MINUTE, NOW, createEngine, createOwner, quiet } from '../engine.test-support.ts'
import { RECORD_TYPE } from '../routing/delegated-api.ts'
import { startRoutingServer } from './routing-server.ts'
import { type ServedEngine, serveEngine } from './routing-server.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const path = `/routing/v1/ipns/${zoneId}`
const [first, second] = [await owner.sign(1), await owner.sign(2)]

function get({ url }: ServedEngine, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}${path}`, init)
}

function put({ url }: ServedEngine, record: Uint8Array, name: string = zoneId): Promise<Response> {
  const headers = { 'content-type': RECORD_TYPE }
  return fetch(`${url}/routing/v1/ipns/${name}`, { method: 'PUT', headers, body: Uint8Array.from(record) })
}

async function octetsOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

async function heldBy({ guard }: ServedEngine): Promise<number | undefined> {
  const held = await guard.held(zoneId)
  return held && decodeRecord(zoneId, held).sequence
}

test('a record that peers have comes with what caches need to know', async () => {
  await using served = await serveEngine()
  const record = await owner.sign(7, { ttl: 120, expiresAt: NOW + DAY })
  served.network.add().hold(routingKey, record.bytes)
  const response = await get(served)
  expect(response.status).toBe(200)
  expect(await octetsOf(response)).toEqual(record.bytes)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': RECORD_TYPE,
    'content-length': String(record.bytes.length),
    'cache-control': 'public, max-age=120, stale-while-revalidate=86400, stale-if-error=86400',
    age: '0',
    expires: 'Wed, 02 Jan 2030 00:00:00 GMT',
    'last-modified': 'Tue, 01 Jan 2030 00:00:00 GMT',
    vary: 'Accept',
  })
  expect(response.headers.has('access-control-allow-origin')).toBe(false)
})

test('what this node had confirmed a while ago says so, and what is stale may not be kept', async () => {
  await using served = await serveEngine()
  const holder = served.network.add()
  holder.hold(routingKey, first.bytes)
  await get(served)
  await served.engine.clock.pass(2 * MINUTE)
  expect((await get(served)).headers.get('age')).toBe('120')
  holder.behaviour = 'unreachable'
  await served.engine.clock.pass(4 * MINUTE)
  const { headers } = await get(served)
  expect([headers.get('age'), headers.get('cache-control')]).toEqual([
    '360',
    expect.stringMatching(/^public, max-age=0,/),
  ])
})

test.each([
  [60, 5, 5],
  [60, 600, 60],
  [0, 600, 0],
])('a TTL of %d s with %d s to live lasts %d s', async (ttl, left, lasts) => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, (await owner.sign(1, { ttl, expiresAt: NOW + left * 1_000 })).bytes)
  expect((await get(served)).headers.get('cache-control')).toMatch(new RegExp(`^public, max-age=${lasts},`))
})

test('whoever has the record already gets no octets', async () => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, first.bytes)
  const tag = (await get(served)).headers.get('etag') ?? ''
  const response = await get(served, { headers: { 'if-none-match': tag } })
  expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', tag])
  await put(served, second.bytes)
  const changed = await get(served, { headers: { 'if-none-match': tag } })
  expect(changed.status).toBe(200)
})

test('HEAD says the same without the record', async () => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, first.bytes)
  const whole = await get(served)
  const head = await get(served, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect(lasting(head.headers)).toEqual(lasting(whole.headers))
})

/** Without what is about the moment or the connection. */
function lasting(headers: Headers): [string, string][] {
  return [...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))
}

test('that there is no record is a text that is soon asked for again', async () => {
  await using served = await serveEngine()
  served.network.add()
  const response = await get(served)
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('cache-control'),
  ]).toEqual([200, 'text/plain; charset=utf-8', 'public, max-age=15'])
  expect(await response.text()).toBe(`none of 1 peers has a record of ${zoneId}\n`)
})

test('a node that reaches nobody fails, and does not say that there is no record', async () => {
  await using served = await serveEngine()
  served.network.add('unreachable')
  const response = await get(served)
  expect([response.status, response.headers.get('cache-control')]).toEqual([502, 'no-store'])
})

test.for<[string, () => Promise<SignedRecord>, RegExp]>([
  ['is over its validity', () => owner.sign(1, { expiresAt: NOW - 1 }), /was valid until 2029/],
  ['is another key’s', () => createOwner(2).sign(1), /is not signed with the key/],
])('a record that %s is none', async ([, sign, why]) => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, (await sign()).bytes)
  const response = await get(served)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(await response.text()).toMatch(why)
})

test('a frozen network is a failure, and not the absence of a record', async () => {
  await using served = await serveEngine()
  served.network.add('frozen')
  const asking = get(served)
  while (served.engine.clock.pending < 2) await quiet()
  await served.engine.clock.pass(8_000)
  const response = await asking
  expect([response.status, response.headers.get('cache-control')]).toEqual([504, 'no-store'])
})

test('browsers hear that pages of other sites may do nothing, and are not answered for them', async () => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, first.bytes)
  const { status, headers } = await get(served, { method: 'OPTIONS' })
  expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, PUT'])
  expect([...headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
  const statuses = ['cross-site', 'same-site', 'same-origin', 'none'].map(
    async site => (await get(served, { headers: { 'sec-fetch-site': site } })).status,
  )
  expect(await Promise.all(statuses)).toEqual([403, 403, 200, 200])
})

test('where the user says so, browsers hear that pages of any site may read, and may not put', async () => {
  await using served = await serveEngine({ cors: true })
  served.network.add().hold(routingKey, first.bytes)
  const { status, headers } = await get(served, { method: 'OPTIONS' })
  expect([
    status,
    headers.get('access-control-allow-origin'),
    headers.get('access-control-allow-methods'),
  ]).toEqual([204, '*', 'GET, HEAD, OPTIONS'])
  const read = await get(served, { headers: { 'sec-fetch-site': 'cross-site' } })
  expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
})

test('a record that is put is kept here as a stranger’s, and goes to peers', async () => {
  await using served = await serveEngine()
  const [holder, other] = [served.network.add(), served.network.add('refusing')]
  const response = await put(served, first.bytes)
  expect([response.status, await response.text()]).toEqual([200, 'kept here, and taken by 1 of 2 peers\n'])
  expect(await heldBy(served)).toBe(1)
  expect(holder.held(routingKey)).toEqual(first.bytes)
  expect(other.held(routingKey)).toBeUndefined()
  expect(await served.engine.store.ownZones()).toEqual([])
  expect(await served.engine.store.get(zoneId)).toBeUndefined()
  expect(await octetsOf(await get(served))).toEqual(first.bytes)
})

test('an older record is refused with the sequence that stands, and goes nowhere', async () => {
  await using served = await serveEngine()
  await put(served, second.bytes)
  const holder = served.network.add('careless')
  const response = await put(served, first.bytes)
  expect([response.status, await response.text()]).toEqual([409, 'a record with sequence 2 wins over it\n'])
  expect(holder.held(routingKey)).toBeUndefined()
  expect(await octetsOf(await get(served))).toEqual(second.bytes)
})

test('the same record may be put again', async () => {
  await using served = await serveEngine()
  expect((await put(served, first.bytes)).status).toBe(200)
  expect((await put(served, first.bytes)).status).toBe(200)
})

const flipped = Uint8Array.from(first.bytes, (octet, at) => (at === 10 ? octet ^ 1 : octet))

test.for<[string, Uint8Array, number]>([
  ['nothing', new Uint8Array(), 400],
  ['noise', new Uint8Array(200).fill(7), 400],
  ['a record with a changed signature', flipped, 400],
  ['another key’s record', (await createOwner(2).sign(1)).bytes, 400],
  ['a record over its validity', (await owner.sign(1, { expiresAt: NOW - 1 })).bytes, 400],
  ['more octets than a record has', new Uint8Array(MAX_RECORD_LENGTH + 1), 413],
])('%s is refused when it is put, and goes nowhere', async ([, body, status]) => {
  await using served = await serveEngine()
  const holder = served.network.add('careless')
  const response = await put(served, body)
  expect(response.status).toBe(status)
  expect((await response.text()).length).toBeGreaterThan(10)
  expect(holder.held(routingKey)).toBeUndefined()
  expect(await heldBy(served)).toBeUndefined()
  expect(served.errors).toEqual([])
})

test('a body without a length is read no further than a record goes', async () => {
  await using served = await serveEngine()
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
  const head = `PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${RECORD_TYPE}\r\ntransfer-encoding: chunked\r\n\r\n`
  // Without its end.
  socket.write(`${head}${MAX_RECORD_LENGTH.toString(16)}\r\n${'x'.repeat(MAX_RECORD_LENGTH)}\r\n1\r\nx\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 .*connection: close/is)
})

test('without room a further zone is refused, and sent nowhere', async () => {
  await using served = await serveEngine({ keep: { zones: 1, share: 1 } })
  await put(served, first.bytes)
  const holder = served.network.add('careless')
  const stranger = createOwner(2)
  const record = await stranger.sign(1)
  const response = await put(served, record.bytes, stranger.zoneId)
  expect(response.status).toBe(507)
  expect(holder.held(stranger.routingKey)).toBeUndefined()
})

test('a client that leaves ends its lookup, and a server that stops ends all', async () => {
  const served = await serveEngine()
  served.network.add('frozen')
  const leaving = new AbortController()
  const left = get(served, { signal: leaving.signal }).catch((error: unknown) => error)
  while (served.engine.clock.pending < 2) await quiet()
  leaving.abort(new Error('enough'))
  expect(await left).toMatchObject({ message: 'enough' })
  while (served.engine.clock.pending > 0) await quiet()

  const waiting = get(served)
  while (served.engine.clock.pending < 2) await quiet()
  await served.stop()
  expect((await waiting).status).toBe(503)
  expect(served.errors).toEqual([])
})

test('a put that stays half way does not keep the server from stopping', async () => {
  const served = await serveEngine()
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
  socket.write(
    `PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${RECORD_TYPE}\r\ncontent-length: 100\r\n\r\nhalf`,
  )
  while (served.engine.clock.pending < 1) await quiet()
  await served.stop()
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 503 /)
  expect(served.errors).toEqual([])
})

test('a connection that is lost while the server stops is no failure of stopping', async () => {
  const engine = createEngine()
  const { context, clock } = engine
  const server = await startRoutingServer(
    { host: '127.0.0.1', port: 0, proxies: [], cors: false },
    { clock, logger: context.logger, resolve: (...args) => engine.resolve(...args), offer: nobody },
  )
  const stopping = server.stop()
  // As Node does where there are too many open files.
  const inner = Reflect.get(server, 'server') as EventEmitter
  inner.emit('error', new Error('EMFILE'))
  await expect(stopping).resolves.toBeUndefined()
})

function nobody(): Promise<never> {
  return Promise.reject(new Error('nobody puts'))
}

test('no octets that a client sends keep the server from answering the next one', async () => {
  await using served = await serveEngine()
  served.network.add().hold(routingKey, first.bytes)
  const port = Number(new URL(served.url).port)
  const start = fc.constantFrom(
    '',
    'GET / HTTP/1.1\r\n',
    `GET ${path} HTTP/1.1\r\nhost: x\r\n`,
    `PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${RECORD_TYPE}\r\ncontent-length: 50\r\n\r\n`,
    `PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${RECORD_TYPE}\r\ntransfer-encoding: chunked\r\n\r\n`,
  )
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (head, rest) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(Buffer.concat([Buffer.from(head), rest]))
      socket.resume()
      await once(socket, 'close')
      expect((await get(served)).status).toBe(200)
    }),
    { numRuns: 100 },
  )
  expect(served.errors).toEqual([])
})
