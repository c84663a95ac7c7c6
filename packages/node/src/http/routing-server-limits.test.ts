// How a server shares out what it has among its clients.
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { decodeRecord } from '@signpost/core'
import { expect, test } from 'vitest'
import { NOW, createOwner, quiet } from '../engine.test-support.ts'
import { RECORD_TYPE } from '../routing/delegated-api.ts'
import { type ServedEngine, serveEngine } from './routing-server.test-support.ts'

const owner = createOwner()
const { zoneId, routingKey } = owner
const path = `/routing/v1/ipns/${zoneId}`
const [first, second] = [await owner.sign(1), await owner.sign(2)]

function get({ url }: ServedEngine, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}${path}`, init)
}

function put(served: ServedEngine, record: Uint8Array): Promise<Response> {
  return get(served, {
    method: 'PUT',
    headers: { 'content-type': RECORD_TYPE },
    body: Uint8Array.from(record),
  })
}

test('whoever puts more than he may is told to come back', async () => {
  await using served = await serveEngine({ limits: { putBurst: 8, putsPerSecond: 4 } })
  const statuses = [
    await put(served, first.bytes),
    await put(served, first.bytes),
    await put(served, second.bytes),
  ]
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(statuses[2]?.headers.get('retry-after')).toBe('1')
  const held = await served.guard.held(zoneId)
  expect(held && decodeRecord(zoneId, held).sequence).toBe(1)
  await served.engine.clock.pass(1_000)
  expect((await put(served, second.bytes)).status).toBe(200)
})

test('no client has more than a quarter of the requests that are looked up at a time', async () => {
  await using served = await serveEngine({ limits: { requests: 8 }, proxies: ['127.0.0.1'] })
  const holder = served.network.add()
  holder.hold(routingKey, first.bytes)
  const release = holder.pause()
  const waiting = [get(served), get(served)]
  while (served.engine.clock.pending < 3) await quiet()
  const refused = await get(served)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  const other = get(served, { headers: { 'x-forwarded-for': '8.8.8.8' } })
  while (served.engine.clock.pending < 4) await quiet()
  release()
  expect((await Promise.all([...waiting, other])).map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await get(served)).status).toBe(200)
})

const stranger = createOwner(7)

/** Sends the head of a put, and not all of its body. */
function putSlowly({ url }: ServedEngine): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `PUT /routing/v1/ipns/${stranger.zoneId} HTTP/1.1\r\nhost: x\r\ncontent-type: ${RECORD_TYPE}\r\ncontent-length: 100\r\n\r\nhalf`,
  )
  return socket
}

test('puts that are sent slowly keep nobody from being answered', async () => {
  await using served = await serveEngine({ limits: { requests: 4 } })
  served.network.add().hold(routingKey, first.bytes)
  const slow = Array.from({ length: 8 }, () => putSlowly(served))
  while (served.engine.clock.pending < 8) await quiet()
  expect((await get(served)).status).toBe(200)
  for (const socket of slow) socket.destroy()
})

test('a fresh copy is answered however many others wait', async () => {
  await using served = await serveEngine({ limits: { requests: 4 } })
  await served.engine.store.put(first, { confirmedAt: NOW })
  served.network.add('frozen')
  const waiting = fetch(`${served.url}/routing/v1/ipns/${stranger.zoneId}`).catch(() => {})
  while (served.engine.clock.pending < 2) await quiet()
  const late = createOwner(8)
  expect((await fetch(`${served.url}/routing/v1/ipns/${late.zoneId}`)).status).toBe(429)
  expect((await get(served)).status).toBe(200)
  await served.stop()
  await waiting
})

test('what one client puts that no owner signed keeps no other client from putting', async () => {
  await using served = await serveEngine({ proxies: ['127.0.0.1'] })
  const statuses: number[] = []
  for (let at = 0; at < 10; at++) statuses.push((await put(served, new Uint8Array(10))).status)
  expect(statuses.filter(status => status === 400)).toHaveLength(5)
  expect(statuses.at(-1)).toBe(429)
  const headers = { 'content-type': RECORD_TYPE, 'x-forwarded-for': '8.8.8.8' }
  const honest = await get(served, { method: 'PUT', headers, body: Uint8Array.from(first.bytes) })
  expect(honest.status).toBe(200)
})

test('a client may have a quarter of the connections, and what is beyond is closed', async () => {
  await using served = await serveEngine({ limits: { connections: 8 } })
  served.network.add()
  const port = Number(new URL(served.url).port)
  const sockets = [1, 2, 3].map(() => connect(port, '127.0.0.1'))
  const closed = sockets.map(socket => once(socket, 'close'))
  await closed[2]
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false, true])
  sockets[0]?.destroy()
  await closed[0]
  await expect.poll(async () => (await get(served).catch(() => undefined))?.status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

test('the connections of a trusted proxy are those of many clients', async () => {
  await using served = await serveEngine({ limits: { connections: 8 }, proxies: ['127.0.0.0/8'] })
  served.network.add()
  const port = Number(new URL(served.url).port)
  const sockets = Array.from({ length: 6 }, () => connect(port, '127.0.0.1'))
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  expect((await get(served)).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})
