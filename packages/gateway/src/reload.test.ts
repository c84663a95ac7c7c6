import { type SocketOptions, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, Rcode, RrType, decodeMessage, encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { TcpClient, askTcp, askUdp, explanations, lines, queryFor } from './asking.test-support.ts'
import { type Gateway, createGateway } from './create-gateway.ts'
import { type Endpoint, printEndpoint } from './endpoint.ts'
import { recursiveServer, respond } from './in-process.test-support.ts'
import type { GatewayOptions } from './options.ts'
import { frame } from './transports/frames.ts'
import { ScriptedServers } from './upstream/scripted-server.test-support.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

const servers = new ScriptedServers()
const open: AsyncDisposable[] = []
afterEach(async () => {
  await servers.close()
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
  const reloads: Promise<unknown>[] = []
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

test('a reload goes on with counts and meters, and measures anew only where limits change', async () => {
  const zones = new PublishedZones()
  const options = {
    resolver: zones,
    listen: [ANY],
    unlimited: [],
    limits: { clientQueries: 1 },
    now: () => zones.now,
  }
  const gateway = await createGateway(options)
  open.push(gateway)
  const ask = async (): Promise<number> => (await askTcp(gateway.addresses[0]!, queryFor('localhost'))).rcode
  let asked = 0
  while ((await ask()) === Rcode.NOERROR) asked++
  expect(asked).toBeGreaterThan(0)
  await gateway.reload({ ...options, suffixes: ['names.example'] })
  expect(await ask()).toBe(Rcode.REFUSED)
  expect(gateway.stats().limited['query-rate']).toBe(2)
  await gateway.reload({ ...options, limits: { clientQueries: 2 } })
  expect(await ask()).toBe(Rcode.NOERROR)
  expect(gateway.stats().limited['query-rate']).toBe(2)
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
      code: expect.stringMatching(/^(INVALID_CONFIG|ADDRESS_IN_USE|NOT_THERE_YET)$/),
    })
  expect(gateway.addresses).toEqual([at])
  for (const address of [at, ...other.addresses])
    expect((await askUdp(address, www())).answers).toHaveLength(1)
})

test('a reload says which options wait for a start, and the others count', async () => {
  const { gateway, options } = await start()
  const limits = { stopGrace: 0, hostsCheck: 10, recheckPace: 1, zoneWait: 200 }
  expect(await gateway.reload({ ...options, limits })).toEqual({ takesRestart: [] })
  const all = { ...limits, tcpIdle: 50, cacheOctets: 1_000_000 }
  const takesRestart = ['limits.cacheOctets', 'limits.tcpIdle']
  expect(await gateway.reload({ ...options, limits: all })).toEqual({ takesRestart })
  expect(await gateway.reload({ ...options, limits: all })).toEqual({ takesRestart })
  expect(await gateway.reload(options)).toEqual({ takesRestart: [] })
})

test('stopping waits no longer than the last reload says', async () => {
  const zones = new PublishedZones()
  zones.silent.add(alice)
  const options = { resolver: zones, listen: [ANY], now: () => zones.now }
  const gateway = await createGateway({ ...options, limits: { stopGrace: 60_000, zoneWait: 60_000 } })
  await gateway.reload({ ...options, limits: { stopGrace: 0, zoneWait: 60_000 } })
  const socket = createSocket('udp4')
  const { port, address } = { ...gateway.addresses[0]!, address: gateway.addresses[0]!.host }
  socket.send(encodeMessage(www()), port, address)
  while (gateway.stats().pending === 0) await new Promise(setImmediate)
  await expect(gateway.stop()).resolves.toBeUndefined()
  socket.close()
})

async function withUpstream(
  use: (parts: {
    directory: string
    options: Omit<Awaited<ReturnType<typeof start>>['options'], 'now'> & {
      hosts: false
      upstreams: Endpoint[]
    }
    rcodesOf: (gateway: { addresses: readonly Endpoint[] }, ...names: string[]) => Promise<number[]>
  }) => Promise<void>,
): Promise<void> {
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
  const options = {
    resolver: new PublishedZones(),
    listen: [ANY],
    hosts: false as const,
    upstreams: [upstream],
  }
  try {
    await use({
      directory,
      options,
      rcodesOf: async ({ addresses }, ...names) =>
        Promise.all(names.map(async name => (await askUdp(addresses[0]!, queryFor(name))).rcode)),
    })
  } finally {
    await servers.close()
    await rm(directory, { recursive: true })
  }
}

test('a route to nobody refuses what was known before, after a reload and after a start', async () => {
  await withUpstream(async ({ directory, options, rcodesOf }) => {
    const open = { ...options, cache: { directory } }
    const blocking = { ...open, routes: [{ domains: ['blocked.example'], upstreams: [] }] }
    const names = ['www.blocked.example', 'www.example']
    const first = await createGateway(open)
    try {
      expect(await rcodesOf(first, ...names)).toEqual([Rcode.NOERROR, Rcode.NOERROR])
      await first.reload(blocking)
      expect(await rcodesOf(first, ...names)).toEqual([Rcode.REFUSED, Rcode.NOERROR])
      await first.reload(open)
      expect(await rcodesOf(first, ...names)).toEqual([Rcode.NOERROR, Rcode.NOERROR])
    } finally {
      await first.stop()
    }
    await using second = await createGateway(blocking)
    expect(await rcodesOf(second, ...names)).toEqual([Rcode.REFUSED, Rcode.NOERROR])
  })
})

test('once answers are kept on disk no more, no name is written there, and again once they are', async () => {
  await withUpstream(async ({ directory, options, rcodesOf }) => {
    const keeping = { ...options, cache: { directory } }
    const onDisk = async (): Promise<boolean[]> => {
      const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(one =>
        one.isFile(),
      )
      const texts = await Promise.all(files.map(one => readFile(join(one.parentPath, one.name), 'latin1')))
      return ['one', 'two', 'three'].map(label => texts.some(text => text.includes(`${label}x\x07example`)))
    }
    const gateway = await createGateway(keeping)
    await rcodesOf(gateway, 'onex.example')
    await gateway.reload(options)
    expect(await onDisk()).toEqual([true, false, false])
    expect(gateway.stats().cache.disk).toBeUndefined()
    await rcodesOf(gateway, 'twox.example')
    await gateway.reload(keeping)
    await rcodesOf(gateway, 'threex.example')
    await gateway.stop()
    expect(await onDisk()).toEqual([true, false, true])
  })
})

/** An upstream that says of each name by which address it is known, once the test lets it. */
async function known(as: string, ttl = 300) {
  const server = {
    aliases: new Map<string, string>(),
    gate: Promise.resolve(),
    asked: Promise.withResolvers<void>(),
  }
  const answer = async (request: Message, send: (octets: Uint8Array) => void): Promise<void> => {
    const { name, type } = request.questions[0]!
    if (type !== RrType.A) return send(encodeMessage(respond(request)))
    server.asked.resolve()
    await server.gate
    const target = server.aliases.get(name.toString().toLowerCase())
    const says = target === undefined ? `A ${as}` : `CNAME ${target}`
    send(encodeMessage(respond(request, { answers: `${name.toString()} ${ttl} IN ${says}` })))
  }
  const at = await servers.serve((request, send) => void answer(request, send))
  return { server, at }
}

async function startWith(upstream: Endpoint, more: Partial<GatewayOptions> = {}) {
  const options = { resolver: new PublishedZones(), listen: [ANY], hosts: false as const, ...more }
  const gateway = await createGateway({ ...options, upstreams: [upstream] })
  open.push(gateway)
  const at = gateway.addresses[0]!
  return {
    gateway,
    reload: async (to: Endpoint, listen = [ANY]) => gateway.reload({ ...options, listen, upstreams: [to] }),
    ask: async (name: string) => lines((await askUdp(at, queryFor(name))).answers),
  }
}

test('a question that is under way at a change is answered as before, and not as what those of now say', async () => {
  const [old, next] = [await known('203.0.113.66'), await known('203.0.113.7')]
  const { gateway, reload, ask } = await startWith(old.at, { limits: { stopGrace: 0 } })
  const gate = Promise.withResolvers<void>()
  old.server.gate = gate.promise
  const before = ask('www.example')
  await old.server.asked.promise
  const reloading = reload(next.at)
  await expect.poll(() => gateway.stats().upstream.upstreams[0]?.upstream).toBe(printEndpoint(next.at))
  gate.resolve()
  expect(await before).toEqual(['www.example. 300 IN A 203.0.113.66'])
  await reloading
  expect(await ask('www.example')).toEqual(['www.example. 300 IN A 203.0.113.7'])
})

test('an alias whose target is asked for after a change is kept as what those of before said', async () => {
  const [old, next] = [await known('203.0.113.66'), await known('203.0.113.7')]
  const { gateway, reload, ask } = await startWith(old.at)
  const gate = Promise.withResolvers<void>()
  old.server.gate = gate.promise
  old.server.aliases.set('www.example.', 'target.example.')
  const before = ask('www.example')
  await old.server.asked.promise
  const reloading = reload(next.at)
  await expect.poll(() => gateway.stats().upstream.upstreams[0]?.upstream).toBe(printEndpoint(next.at))
  gate.resolve()
  expect((await before).at(-1)).toBe('target.example. 300 IN A 203.0.113.66')
  await reloading
  expect(await ask('target.example')).toEqual(['target.example. 300 IN A 203.0.113.7'])
})

test('after a change to upstreams that answer, names that failed at those of before are asked of them', async () => {
  const [old, next] = [await known('203.0.113.66', 60), await known('203.0.113.7')]
  let now = Date.now()
  const { reload, ask } = await startWith(old.at, {
    now: () => now,
    limits: { upstreamTry: 50, upstreamTotal: 50 },
  })
  await ask('www.example')
  now += 120_000
  old.server.gate = new Promise(() => {})
  expect(await ask('www.example')).toEqual(['www.example. 30 IN A 203.0.113.66'])
  await reload(next.at)
  expect(await ask('www.example')).toEqual(['www.example. 300 IN A 203.0.113.7'])
})

test('of two reloads at once the later one counts', async () => {
  const [one, other] = [await known('203.0.113.1'), await known('203.0.113.2')]
  const { gateway, reload, ask } = await startWith(one.at)
  await Promise.all([reload(one.at, [ANY, { host: '::1', port: 0 }]), reload(other.at)])
  expect(gateway.addresses).toHaveLength(1)
  expect(await ask('www.example')).toEqual(['www.example. 300 IN A 203.0.113.2'])
})

test('a reload that comes after stop, or waits when it comes, opens nothing', async () => {
  const { at } = await known('203.0.113.1')
  const { gateway, reload } = await startWith(at)
  const listen = [ANY, { host: '::1', port: 0 }]
  const first = reload(at, listen)
  await new Promise(setImmediate)
  const [second, stop, late] = [reload(at), gateway.stop(), reload(at, listen)]
  for (const reloading of await Promise.allSettled([second, late]))
    expect(reloading).toMatchObject({ reason: { code: 'GATEWAY_STOPPED' } })
  await Promise.all([first, stop])
  for (const address of gateway.addresses)
    await expect(askTcp(address, www())).rejects.toThrow(/refused|closed/)
  await expect(reload(at, listen)).rejects.toMatchObject({ code: 'GATEWAY_STOPPED' })
})

test('stop does not wait for questions from before a change any longer than for others', async () => {
  const [old, next] = [await known('203.0.113.66'), await known('203.0.113.7')]
  const { gateway, reload, ask } = await startWith(old.at, { limits: { stopGrace: 10 } })
  old.server.gate = new Promise(() => {})
  const asked = ask('www.example').catch(() => 'nothing')
  await old.server.asked.promise
  const reloading = reload(next.at)
  await expect.poll(() => gateway.stats().upstream.upstreams[0]?.upstream).toBe(printEndpoint(next.at))
  expect(gateway.stats().pending).toBe(1)
  await gateway.stop()
  await reloading
  await asked
})

/** Clients are addresses already; looked up, they would be sent to in a later turn. */
const lookup: NonNullable<SocketOptions['lookup']> = (address, _, found) => {
  found(null, address, 4)
}

test.each<[when: string, leave: (gateway: Gateway, options: GatewayOptions) => Promise<unknown>]>([
  ['it stops', async gateway => gateway.stop()],
  [
    'it goes elsewhere',
    async (gateway, options) => gateway.reload({ ...options, listen: [{ ...ANY, host: '::1' }] }),
  ],
])('what was received over UDP is answered when %s', async (_, leave) => {
  const { gateway, options, at } = await start()
  const socket = createSocket({ type: 'udp4', lookup })
  await new Promise<void>(resolve => {
    socket.bind(0, ANY.host, resolve)
  })
  const replies = new Set<number>()
  socket.on('message', packet => replies.add(decodeMessage(packet).id))
  // All of them are with the kernel before the gateway has a turn.
  const total = 100
  for (let id = 0; id < total; id++)
    socket.send(encodeMessage({ ...queryFor('localhost'), id }), at.port, at.host)
  await leave(gateway, options)
  while (replies.size < total) await once(socket, 'message')
  expect(gateway.stats().packets.udp).toBe(total)
  socket.close()
})
