import { encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { TcpClient, queryFor } from '../asking.test-support.ts'
import { type Limits, limitsWith } from '../limits.ts'
import type { Service } from '../service.ts'
import { Connections } from './connections.ts'
import { Echo } from './echo.test-support.ts'
import { frame } from './frames.ts'
import type { Listening } from './listening.ts'
import { listenTcp } from './tcp.ts'

const open: (Listening | TcpClient)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    if (one instanceof TcpClient) one.destroy()
    else await one.close()
  }
})

async function listen(service: Service, limits: Partial<Limits> = {}): Promise<Listening> {
  const all = limitsWith(limits)
  const listening = await listenTcp(
    { host: '127.0.0.1', port: 0 },
    service,
    new Connections(all, protectionFor()),
    all,
  )
  open.push(listening)
  return listening
}

function connect(to: Listening): TcpClient {
  const client = new TcpClient(to)
  open.push(client)
  return client
}

const query = (id: number): Uint8Array => frame(encodeMessage(queryFor('www.example', 'A', { id })))

test('many queries in one segment are all answered, and one segment may end anywhere', async () => {
  const client = connect(await listen(new Echo().service))
  const stream = Buffer.concat([2, 4, 6].map(query))
  client.write(stream.subarray(0, 1))
  client.write(stream.subarray(1, 50))
  client.write(stream.subarray(50))
  expect([await client.next(), await client.next(), await client.next()].map(reply => reply?.id)).toEqual([
    2, 4, 6,
  ])
})

test('a reply that is ready overtakes one that is not', async () => {
  const echo = new Echo()
  const client = connect(await listen(echo.service))
  client.write(Buffer.concat([1, 2, 3].map(query)))
  expect((await client.next())?.id).toBe(2)
  echo.release(3)
  expect((await client.next())?.id).toBe(3)
  echo.release(1)
  expect((await client.next())?.id).toBe(1)
})

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

test('no more queries of one connection wait than the limit; the rest are read later and none is lost', async () => {
  const echo = new Echo()
  const client = connect(await listen(echo.service, { tcpPending: 3 }))
  const ids = Array.from({ length: 50 }, (_, n) => 2 * n + 1)
  client.write(Buffer.concat(ids.map(query)))
  for (const [n, id] of ids.entries()) {
    await echo.untilTaken(Math.min(ids.length, n + 3))
    expect(echo.taken.length).toBeLessThanOrEqual(n + 3)
    echo.release(id)
    expect((await client.next())?.id).toBe(id)
  }
})

test('one connection more than the limit takes the place of an idle one, and has none where all are busy', async () => {
  const echo = new Echo()
  const server = await listen(echo.service, { tcpConnections: 2 })
  const [idle, busy] = [connect(server), connect(server)]
  idle.write(query(2))
  await idle.next()
  busy.write(query(1))
  await echo.untilTaken(2)
  const third = connect(server)
  expect(await idle.next()).toBeUndefined()
  third.write(query(3))
  await echo.untilTaken(3)
  const fourth = connect(server)
  expect(await fourth.next()).toBeUndefined()
  for (const [id, client] of [
    [1, busy],
    [3, third],
  ] as const) {
    echo.release(id)
    expect((await client.next())?.id).toBe(id)
  }
})

test('a connection without a query is closed when its time is over, and so is one that dribbles octets', async () => {
  const server = await listen(new Echo().service, { tcpIdle: 150 })
  const silent = connect(server)
  const dribbling = connect(server)
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

test('the wait for an answer is not idleness of the client', async () => {
  const echo = new Echo()
  const client = connect(await listen(echo.service, { tcpIdle: 50 }))
  const other = connect(await listen(echo.service, { tcpIdle: 50 }))
  client.write(query(1))
  await echo.untilTaken(1)
  // The other connection's end shows that more than the time has passed.
  expect(await other.next()).toBeUndefined()
  echo.release(1)
  expect((await client.next())?.id).toBe(1)
})

test('a client that does not take its replies is not read from, and is let go', async () => {
  const large: Service = packet => {
    const reply = new Uint8Array(60_000)
    reply.set(packet.subarray(0, 4))
    taken++
    return reply
  }
  let taken = 0
  const server = await listen(large, { tcpIdle: 200 })
  const client = connect(server)
  client.stopReading()
  for (let n = 0; n < 200; n++) client.write(Buffer.concat(Array.from({ length: 10 }, () => query(2))))
  const other = connect(server)
  expect(await other.next()).toBeUndefined()
  expect(taken).toBeLessThan(1000)
})

test('a message without a whole header ends the connection', async () => {
  const server = await listen(new Echo().service)
  for (const length of [0, 11]) {
    const client = connect(server)
    client.write(frame(new Uint8Array(length)))
    expect(await client.next()).toBeUndefined()
  }
})

test('stopping answers what was taken, takes nothing more, and closes', async () => {
  const echo = new Echo()
  const server = await listen(echo.service)
  const client = connect(server)
  client.write(query(1))
  await echo.untilTaken(1)
  await server.pause()
  client.write(query(2))
  echo.release(1)
  expect((await client.next())?.id).toBe(1)
  expect(await client.next()).toBeUndefined()
  await server.close()
  const late = connect(server)
  expect(await late.next()).toBeUndefined()
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
