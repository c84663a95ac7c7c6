import type { IncomingMessage, ServerResponse } from 'node:http'
import { MAX_RECORD_LENGTH, zoneIdOfRoutingKey } from '@signpost/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, SteppedClock, createEngine, createOwner, sequenceOf } from '../engine.test-support.ts'
import { silentLogger } from '../logger.ts'
import { RECORD_TYPE } from './delegated-api.ts'
import { ENDPOINT_REQUESTS, parseEndpoint } from './delegated-endpoint.ts'
import { DelegatedRouting } from './delegated-routing.ts'
import { type RecordServer, startRecordServer, startServer } from './delegated-server.test-support.ts'
import { JointRouting } from './joint-routing.ts'
import { MemoryNetwork } from './memory-routing.ts'
import { ENDPOINT_TIMEOUT, SILENCE_MEMORY, SILENT_ENDPOINT_TIMEOUT } from './patience.ts'
import type { RoutingAnswer } from './routing.ts'
import { type TestHolder, describeRouting } from './routing.test-support.ts'

describeRouting('DelegatedRouting', async count => {
  const open = new AsyncDisposableStack()
  const servers = await Promise.all(Array.from({ length: count }, startRecordServer))
  for (const server of servers) open.use(server)
  return {
    routing: routingTo(servers.map(({ url }) => url)),
    holders: servers.map(holderOf),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
})

function holderOf(server: RecordServer): TestHolder {
  return {
    peer: server.url,
    held: async key => server.held(zoneIdOfRoutingKey(key)!),
    hold: async (key, value) => {
      server.hold(zoneIdOfRoutingKey(key)!, value)
    },
  }
}

function routingTo(urls: readonly string[], clock = new SteppedClock()): DelegatedRouting {
  return new DelegatedRouting(urls, { clock, logger: silentLogger, now: () => clock.now() })
}

const owner = createOwner()
const { zoneId, routingKey } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]
const never = new AbortController().signal

async function answersOf(routing: DelegatedRouting): Promise<RoutingAnswer[]> {
  const answers: RoutingAnswer[] = []
  for await (const answer of routing.get(routingKey, { signal: never })) answers.push(answer)
  return answers
}

/** What a lookup hears from one server that treats every request alike. */
async function answersFrom(
  respond: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<RoutingAnswer[]> {
  await using server = await startServer(respond)
  return (await answersOf(routingTo([server.url]))).map(answer => ({ ...answer, from: 'it' }))
}

test('a question says which record it is about, and in which form it wants it', async () => {
  const headers: (string | undefined)[] = []
  await using server = await startServer((request, response) => {
    headers.push(request.headers.accept)
    response.writeHead(404).end()
  })
  await answersOf(routingTo([server.url]))
  expect(server.requests).toEqual([`GET /routing/v1/ipns/${zoneId}`])
  expect(headers).toEqual([RECORD_TYPE])
})

const record = first.bytes
const value = { kind: 'value', value: record, from: 'it' }
const nothing = { kind: 'nothing', from: 'it' }

test.for<[string, (request: IncomingMessage, response: ServerResponse) => unknown, unknown[]]>([
  ['a record', (_, reply) => reply.writeHead(200, { 'content-type': RECORD_TYPE }).end(record), [value]],
  [
    'a record whose type is written otherwise',
    (_, reply) => reply.writeHead(200, { 'content-type': ` ${RECORD_TYPE.toUpperCase()} ; v=1` }).end(record),
    [value],
  ],
  ['a text', (_, reply) => reply.writeHead(200, { 'content-type': 'text/plain' }).end('no'), [nothing]],
  ['no type at all', (_, reply) => reply.end(record), [nothing]],
  ['404, as old servers do', (_, reply) => reply.writeHead(404).end('no'), [nothing]],
  ['500', (_, reply) => reply.writeHead(500, { 'content-type': RECORD_TYPE }).end(record), []],
  ['204', (_, reply) => reply.writeHead(204).end(), []],
  [
    'a redirect to a record',
    ({ url }, reply) => {
      if (url?.endsWith('elsewhere')) reply.writeHead(200, { 'content-type': RECORD_TYPE }).end(record)
      else reply.writeHead(307, { location: '/elsewhere' }).end()
    },
    [],
  ],
  [
    'half of a record',
    (_, reply) => {
      reply.writeHead(200, { 'content-type': RECORD_TYPE, 'content-length': record.length })
      reply.write(record.subarray(0, 50), () => reply.destroy())
    },
    [],
  ],
  ['a hang-up', request => request.socket.destroy(), []],
  ['what is no HTTP', request => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'), []],
])('a server that answers with %s', async ([, respond, expected]) => {
  expect(await answersFrom(respond)).toEqual(expected)
})

test('of a body without end no more is kept than shows that it is no record', async () => {
  const over = Promise.withResolvers<void>()
  const answers = await answersFrom((request, response) => {
    response.writeHead(200, { 'content-type': RECORD_TYPE })
    const more = (): void => {
      while (response.write(new Uint8Array(4_096).fill(7)));
    }
    response.on('drain', more)
    request.socket.on('close', () => {
      over.resolve()
    })
    more()
  })
  expect(answers).toEqual([
    { kind: 'value', value: new Uint8Array(MAX_RECORD_LENGTH + 1).fill(7), from: 'it' },
  ])
  await over.promise
})

test('a server that is not there says nothing, and takes nothing', async () => {
  const { url } = await startServer(() => {}).then(async server => {
    await server[Symbol.asyncDispose]()
    return server
  })
  const routing = routingTo([url])
  expect(await answersOf(routing)).toEqual([])
  expect(await routing.put(routingKey, record, { signal: never })).toEqual({ acks: 0, asked: 1 })
})

test('a frozen server holds nobody up for longer than its time', async () => {
  const clock = new SteppedClock()
  const asked = Promise.withResolvers<void>()
  await using frozen = await startServer(() => {
    asked.resolve()
  })
  await using server = await startRecordServer()
  server.hold(zoneId, record)
  const answers = routingTo([frozen.url, server.url], clock).get(routingKey, { signal: never })
  expect(await answers.next()).toMatchObject({ value: { from: server.url } })
  await asked.promise
  const end = answers.next()
  await clock.pass(ENDPOINT_TIMEOUT)
  expect(await end).toMatchObject({ done: true })
  expect(clock.pending).toBe(0)
})

/** A server that never answers, and how many requests it has had. */
async function startFrozen(): Promise<
  AsyncDisposable & { readonly url: string; asked(count: number): Promise<void> }
> {
  const server = await startServer(() => {})
  const asked = async (count: number): Promise<void> => {
    await expect.poll(() => server.requests.length).toBe(count)
  }
  return Object.assign(server, { asked })
}

test('a frozen server costs a put its time, the next one a moment, and for a minute nobody asks it then', async () => {
  const clock = new SteppedClock()
  await using frozen = await startFrozen()
  const routing = routingTo([frozen.url], clock)
  const put = (): Promise<unknown> => routing.put(routingKey, record, { signal: never })
  for (const [at, time] of [ENDPOINT_TIMEOUT, SILENT_ENDPOINT_TIMEOUT].entries()) {
    const putting = put()
    await frozen.asked(at + 1)
    await clock.pass(time)
    expect(await putting).toEqual({ acks: 0, asked: 1 })
  }
  expect(await put()).toEqual({ acks: 0, asked: 1 })
  expect(await answersOf(routing)).toEqual([])
  expect(clock.pending).toBe(0)
  await frozen.asked(2)

  await clock.pass(SILENCE_MEMORY - SILENT_ENDPOINT_TIMEOUT)
  const again = answersOf(routing)
  await frozen.asked(3)
  await clock.pass(ENDPOINT_TIMEOUT)
  expect(await again).toEqual([])
})

test('a frozen server holds nobody up for longer while many wait for it', async () => {
  const clock = new SteppedClock()
  await using frozen = await startFrozen()
  const routing = routingTo([frozen.url], clock)
  const asking = Array.from({ length: 3 * ENDPOINT_REQUESTS }, () => answersOf(routing))
  await frozen.asked(ENDPOINT_REQUESTS)
  await clock.pass(ENDPOINT_TIMEOUT)
  expect((await Promise.all(asking)).flat()).toEqual([])
  // Those that waited saw that it is silent.
  await frozen.asked(ENDPOINT_REQUESTS)
})

test('a reader that leaves while its question waits for a turn has left at once', async () => {
  await using frozen = await startFrozen()
  const routing = routingTo([frozen.url])
  const [staying, leaving] = [new AbortController(), new AbortController()]
  const ask = async ({ signal }: AbortController): Promise<void> => {
    for await (const answer of routing.get(routingKey, { signal })) expect(answer).toBeUndefined()
  }
  const others = Array.from({ length: ENDPOINT_REQUESTS }, () => ask(staying))
  await frozen.asked(ENDPOINT_REQUESTS)
  const asking = ask(leaving)
  leaving.abort(new Error('enough'))
  await asking
  staying.abort(new Error('enough'))
  await Promise.all(others)
})

test.each([200, 500])('a server that was silent and says %d has all its time again', async status => {
  const clock = new SteppedClock()
  let isFrozen = true
  await using server = await startServer((_, response) => {
    if (!isFrozen) response.writeHead(status).end()
  })
  const routing = routingTo([server.url], clock)
  const asking = answersOf(routing)
  await expect.poll(() => server.requests).toHaveLength(1)
  await clock.pass(ENDPOINT_TIMEOUT)
  expect(await asking).toEqual([])
  isFrozen = false
  await answersOf(routing)
  isFrozen = true
  const slow = answersOf(routing)
  await expect.poll(() => server.requests).toHaveLength(3)
  await clock.pass(ENDPOINT_TIMEOUT - 1)
  expect(clock.pending).toBe(1)
  await clock.pass(1)
  expect(await slow).toEqual([])
})

test('a reader that has enough ends the questions that are still open', async () => {
  const closed = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  await using frozen = await startServer(request => {
    request.socket.on('close', () => {
      closed.resolve()
    })
    asked.resolve()
  })
  await using server = await startRecordServer()
  server.hold(zoneId, record)
  for await (const answer of routingTo([frozen.url, server.url]).get(routingKey, { signal: never })) {
    expect(answer.from).toBe(server.url)
    await asked.promise
    break
  }
  await closed.promise
})

test('a put to a server that says yes to everything and keeps nothing is no ack', async () => {
  await using server = await startServer((_, response) => response.end())
  const put = await routingTo([server.url]).put(routingKey, record, { signal: never })
  expect(put).toEqual({ acks: 0, asked: 1 })
  expect(server.requests.map(line => line.split(' ')[0])).toEqual(['PUT', 'GET'])
})

test('a server that keeps the record in another program’s envelope has it', async () => {
  await using server = await startRecordServer()
  // A field that no version of the record has, as protobuf allows.
  const other = Uint8Array.of(...record, 0x78, 0x01)
  server.hold(zoneId, other)
  const put = await routingTo([server.url]).put(routingKey, record, { signal: never })
  expect(put).toEqual({ acks: 1, asked: 1 })
  expect(server.held(zoneId)).toEqual(other)
})

test.for([
  ['7', 7_000],
  ['0', 30_000],
  ['soon', 30_000],
  ['999999', 300_000],
] as const)(
  'a server that is asked too much and says "Retry-After: %s" is left alone for %d ms',
  async ([after, pause]) => {
    const clock = new SteppedClock()
    await using server = await startServer((_, response) =>
      response.writeHead(429, { 'retry-after': after }).end(),
    )
    const routing = routingTo([server.url], clock)
    await answersOf(routing)
    await clock.pass(pause - 1)
    await answersOf(routing)
    expect(await routing.put(routingKey, record, { signal: never })).toEqual({ acks: 0, asked: 1 })
    expect(server.requests).toHaveLength(1)
    await clock.pass(1)
    await answersOf(routing)
    expect(server.requests).toHaveLength(2)
  },
)

test('a clock that is set back makes no pause longer', async () => {
  const clock = new SteppedClock()
  await using server = await startServer((_, response) =>
    response.writeHead(429, { 'retry-after': '1' }).end(),
  )
  let steady = 0
  const routing = new DelegatedRouting([server.url], { clock, logger: silentLogger, now: () => steady })
  await answersOf(routing)
  clock.sleep(-DAY)
  steady += 1_000
  await answersOf(routing)
  expect(server.requests).toHaveLength(2)
})

test('no server has more than so many requests of one node at a time, and all are made', async () => {
  let [open, most] = [0, 0]
  const release: (() => void)[] = []
  await using server = await startServer((_, response) => {
    most = Math.max(most, ++open)
    release.push(() => {
      open--
      response.writeHead(404).end()
    })
    if (release.length >= ENDPOINT_REQUESTS) for (const end of release.splice(0)) setImmediate(end)
  })
  const routing = routingTo([server.url])
  await Promise.all(Array.from({ length: 4 * ENDPOINT_REQUESTS }, () => answersOf(routing)))
  expect(most).toBe(ENDPOINT_REQUESTS)
  expect(server.requests).toHaveLength(4 * ENDPOINT_REQUESTS)
})

test('a node finds what only a delegated router has, and corrects one that is behind', async () => {
  await using ahead = await startRecordServer()
  await using behind = await startRecordServer()
  ahead.hold(zoneId, second.bytes)
  behind.hold(zoneId, first.bytes)
  const network = new MemoryNetwork()
  network.add()
  const routing = new JointRouting([network.routing(), routingTo([ahead.url, behind.url])])
  const engine = createEngine({ routing })
  const outcome = await engine.resolve(zoneId, { policy: 'network-first' })
  expect(sequenceOf(outcome)).toBe(2)
  expect(outcome.provenance.peer).toBe(ahead.url)
  await expect
    .poll(() => engine.detailsOf('corrected'))
    .toMatchObject([{ peer: behind.url, accepted: true, sequence: 2 }])
  expect(behind.held(zoneId)).toEqual(second.bytes)
})

test.each([
  ['http://192.0.2.1:8080', 'http://192.0.2.1:8080'],
  ['http://[2001:db8::1]:8080/', 'http://[2001:db8::1]:8080'],
  ['https://router.example.net/under/', 'https://router.example.net/under'],
  ['http://192.0.2.1:8080/?', 'http://192.0.2.1:8080'],
  ['http://192.0.2.1:8080/under/#', 'http://192.0.2.1:8080/under'],
])('%s is a base URL', (text, url) => {
  expect(parseEndpoint(text, 'delegatedRouting[0]')).toBe(url)
})

test.each([
  ['', 'is no HTTP URL'],
  ['192.0.2.1:8080', 'is no HTTP URL'],
  ['ftp://192.0.2.1', 'is no HTTP URL'],
  ['http://me:secret@192.0.2.1', 'a password'],
  ['http://192.0.2.1/?a', 'a query'],
  ['http://192.0.2.1/#a', 'a fragment'],
  ['http://192.0.2.1/routing/v1', 'leave /routing/v1 out'],
])('"%s" is refused as a base URL', (text, why) => {
  expect(() => parseEndpoint(text, 'delegatedRouting[0]')).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(why) }),
  )
})

test('a base URL stays as it is when it is read again', () => {
  fc.assert(
    fc.property(fc.webUrl(), text => {
      const url = parseEndpoint(text, 'delegatedRouting[0]')
      expect(parseEndpoint(url, 'delegatedRouting[0]')).toBe(url)
    }),
  )
})

test('what a server says is never more than a record and an octet, whatever it says', async () => {
  let reply = { status: 200, type: '', body: new Uint8Array() }
  await using server = await startServer((_, response) => {
    response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body)
  })
  const routing = routingTo([server.url])
  const replies = fc.record({
    status: fc.constantFrom(200, 201, 206, 301, 304, 400, 404, 500),
    type: fc.constantFrom(RECORD_TYPE, 'text/plain', 'multipart/mixed; boundary=x', ';'),
    body: fc.uint8Array({ maxLength: 20_000, size: 'max' }),
  })
  await fc.assert(
    fc.asyncProperty(replies, async next => {
      reply = next
      const lengths = (await answersOf(routing)).map(answer => ('value' in answer ? answer.value.length : 0))
      expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(MAX_RECORD_LENGTH + 1)
    }),
    { numRuns: 50 },
  )
  expect(server.requests).toHaveLength(50)
})
