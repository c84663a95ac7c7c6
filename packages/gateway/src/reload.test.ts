import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { TcpClient, askTcp, askUdp, explanations, queryFor } from './asking.test-support.ts'
import { createGateway } from './create-gateway.ts'
import { recursiveServer } from './in-process.test-support.ts'
import { frame } from './transports/frames.ts'
import { ScriptedServers } from './upstream/scripted-server.test-support.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

const alice = idOf(1)
const ANY = { host: '127.0.0.1', port: 0 }

async function start() {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\n')
  const options = { resolver: zones, listen: [ANY], now: () => zones.now }
  const gateway = await createGateway(options)
  open.push(gateway)
  return { gateway, options, at: gateway.addresses[0]! }
}

const www = (suffix = 'signpost.internal'): ReturnType<typeof queryFor> => queryFor(`www.${alice}.${suffix}`)

test('a reload under load drops no query, and connections stay', async () => {
  const { gateway, options, at } = await start()
  const client = new TcpClient(at)
  client.write(frame(encodeMessage(www())))
  expect((await client.next())?.rcode).toBe(Rcode.NOERROR)

  const socket = createSocket('udp4')
  const replies = new Set<number>()
  socket.on('message', packet => replies.add(decodeMessage(packet).id))
  const total = 2_000
  const reloads: Promise<void>[] = []
  for (let id = 0; id < total; id++) {
    if (id % 200 === 0)
      reloads.push(gateway.reload({ ...options, suffixes: ['signpost.internal', `s${id}.example`] }))
    await new Promise(resolve => socket.send(encodeMessage({ ...www(), id }), at.port, at.host, resolve))
  }
  await Promise.all(reloads)
  while (replies.size < total) await once(socket, 'message')
  socket.close()

  client.write(frame(encodeMessage(www())))
  expect((await client.next())?.answers).toHaveLength(1)
  client.destroy()
})

test('a reload takes further addresses and leaves others, and what stays is the same socket', async () => {
  const { gateway, options, at } = await start()
  const other = { host: '::1', port: 0 }
  await gateway.reload({ ...options, listen: [ANY, other] })
  expect(gateway.addresses[0]).toEqual(at)
  const added = gateway.addresses[1]!
  for (const ask of [askUdp, askTcp]) expect((await ask(added, www())).answers).toHaveLength(1)
  await gateway.reload(options)
  expect(gateway.addresses).toEqual([at])
  await expect(askTcp(added, www())).rejects.toThrow(/refused|closed/)
})

test('a reload answers by the new options, and by no answer of the old ones', async () => {
  const { gateway, options, at } = await start()
  expect((await askUdp(at, www('names.example'))).rcode).toBe(Rcode.REFUSED)
  await gateway.reload({ ...options, suffixes: ['names.example'] })
  expect((await askUdp(at, www('names.example'))).answers).toHaveLength(1)
  const old = await askUdp(at, www())
  expect([old.rcode, old.answers]).toEqual([Rcode.NXDOMAIN, []])
  expect(explanations(old)).toHaveLength(1)
})

test('options that cannot be honoured leave all as it was', async () => {
  const { gateway, options, at } = await start()
  const { gateway: other, at: taken } = await start()
  const bad = [
    { ...options, suffixes: ['.'] },
    { ...options, listen: [taken, ANY] },
    { ...options, tls: [ANY], certificate: { cert: '/nowhere', key: '/nowhere' } },
  ]
  for (const one of bad)
    await expect(gateway.reload(one)).rejects.toMatchObject({
      code: expect.stringMatching(/^(INVALID_CONFIG|ADDRESS_IN_USE)$/),
    })
  expect(gateway.addresses).toEqual([at])
  for (const address of [at, ...other.addresses])
    expect((await askUdp(address, www())).answers).toHaveLength(1)
})

test('a route to nobody refuses what was known before, after a reload and after a start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-reload-'))
  const servers = new ScriptedServers()
  const server = recursiveServer('www.blocked.example. 300 A 192.0.2.1\nwww.example. 300 A 192.0.2.2\n')
  const upstream = await servers.serve((request, send) => {
    const answer = async (): Promise<void> => {
      const reply = await server(request)
      if (reply !== undefined) send(encodeMessage(reply))
    }
    void answer()
  })
  try {
    const { options } = await start()
    const open = { ...options, hosts: false as const, upstreams: [upstream], cache: { directory } }
    const blocking = { ...open, routes: [{ domains: ['blocked.example'], upstreams: [] }] }
    const rcodesOf = async ({ addresses }: Pick<typeof first, 'addresses'>): Promise<number[]> => {
      const names = ['www.blocked.example', 'www.example']
      return Promise.all(names.map(async name => (await askUdp(addresses[0]!, queryFor(name))).rcode))
    }
    const first = await createGateway(open)
    try {
      expect(await rcodesOf(first)).toEqual([Rcode.NOERROR, Rcode.NOERROR])
      await first.reload(blocking)
      expect(await rcodesOf(first)).toEqual([Rcode.REFUSED, Rcode.NOERROR])
      await first.reload(open)
      expect(await rcodesOf(first)).toEqual([Rcode.NOERROR, Rcode.NOERROR])
    } finally {
      await first.stop()
    }
    await using second = await createGateway(blocking)
    expect(await rcodesOf(second)).toEqual([Rcode.REFUSED, Rcode.NOERROR])
  } finally {
    await servers.close()
    await rm(directory, { recursive: true })
  }
})
