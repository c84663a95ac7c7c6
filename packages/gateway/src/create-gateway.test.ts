import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { Rcode, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { TcpClient, askTcp, askUdp, lines, plainEdns, queryFor, sendUdp } from './asking.test-support.ts'
import { type Gateway, createGateway } from './create-gateway.ts'
import type { Endpoint } from './endpoint.ts'
import type { GatewayOptions } from './options.ts'
import { PublishedZones, START, idOf } from './zones.test-support.ts'

const run = promisify(execFile)
const ANY_PORT = { host: '127.0.0.1', port: 0 }
const alice = idOf(1)
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function start(
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; at: Endpoint; zones: PublishedZones }> {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\nwww AAAA 2001:db8::1\n@ MX 10 mail\nsmall TXT "t"\n')
  const gateway = await createGateway({
    resolver: zones,
    listen: [ANY_PORT],
    petnames: petname => (petname === 'alice' ? alice : undefined),
    now: () => zones.now,
    ...options,
  })
  open.push({ close: () => gateway.stop() })
  return { gateway, at: gateway.addresses[0]!, zones }
}

test('port 0 is one real port for UDP and TCP, on every address', async () => {
  const { gateway } = await start({ listen: [ANY_PORT, { host: '::1', port: 0 }] })
  expect(gateway.addresses.map(at => at.host)).toEqual(['127.0.0.1', '::1'])
  for (const at of gateway.addresses) {
    expect(at.port).toBeGreaterThan(0)
    for (const ask of [askUdp, askTcp])
      expect(lines((await ask(at, queryFor('www.alice.signpost.internal'))).answers)).toEqual([
        'www.alice.signpost.internal. 300 IN A 192.0.2.1',
      ])
  }
  expect(gateway.stats()).toMatchObject({
    packets: { udp: 2, tcp: 2 },
    outcomes: { answer: 4, refused: 0 },
    cache: { hits: 3, misses: 1, entries: 1 },
    pending: 0,
  })
})

test('an answer that is too large for UDP has TC there and comes whole over TCP', async () => {
  const { at, zones } = await start()
  const many = Array.from({ length: 200 }, (_, n) => `big A 192.0.2.${n}\n`).join('')
  await zones.publish(1, many, { sequence: 2 })
  const name = `big.${alice}.signpost.internal`
  const { edns: _, ...classic } = queryFor(name)
  for (const asked of [
    classic,
    queryFor(name),
    queryFor(name, 'A', { edns: { ...plainEdns, payloadSize: 65_535 } }),
  ]) {
    const packet = await sendUdp(at, encodeMessage(asked))
    expect(packet.length).toBeLessThanOrEqual(512)
    expect(decodeMessage(packet)).toMatchObject({ truncated: true, rcode: Rcode.NOERROR, answers: [] })
  }
  const whole = await askTcp(at, classic)
  expect(whole.truncated).toBe(false)
  expect(whole.answers).toHaveLength(200)
})

test('an answer between 512 and 1232 octets goes to clients with EDNS only', async () => {
  const { at, zones } = await start()
  await zones.publish(1, Array.from({ length: 40 }, (_, n) => `mid A 192.0.2.${n}\n`).join(''), {
    sequence: 2,
  })
  const name = `mid.${alice}.signpost.internal`
  const { edns: _, ...classic } = queryFor(name)
  expect((await askUdp(at, classic)).truncated).toBe(true)
  expect((await askUdp(at, queryFor(name))).answers).toHaveLength(40)
})

test('a taken port is ADDRESS_IN_USE that says which and what to do, and leaves nothing open', async () => {
  const { at: taken } = await start()
  await expect(start({ listen: [{ host: '::1', port: 0 }, taken] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    addresses: [`UDP 127.0.0.1:${taken.port}`],
    message: `another program already listens on UDP 127.0.0.1:${taken.port}; stop it, or listen elsewhere: --dns 127.0.0.1:5300`,
  })
  const port = await portTakenForTcp()
  await expect(start({ listen: [{ host: '127.0.0.1', port }] })).rejects.toMatchObject({
    addresses: [`TCP 127.0.0.1:${port}`],
  })
  // UDP of that port was opened first, and is free again.
  expect(await isFreeForUdp(port)).toBe(true)
})

async function portTakenForTcp(): Promise<number> {
  for (;;) {
    const server = createServer()
    open.push(server)
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as { port: number }
    if (await isFreeForUdp(port)) return port
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  const free = await new Promise<boolean>(resolve => {
    socket.once('error', () => {
      resolve(false)
    })
    socket.bind(port, '127.0.0.1', () => {
      resolve(true)
    })
  })
  socket.close()
  return free
}

test('an address that this machine does not have may have it later: NOT_THERE_YET, and not INVALID_CONFIG', async () => {
  await expect(
    start({ listen: [{ host: '192.0.2.1', port: 5300 }], allow: ['192.0.2.0/24'] }),
  ).rejects.toMatchObject({
    code: 'NOT_THERE_YET',
    message: expect.stringMatching(/^listen: 192\.0\.2\.1 is no address of this machine now/),
  })
})

test('stopping answers what is in flight, then the address is free for the next gateway', async () => {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\n')
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const slow = {
    resolve: async (zoneId: typeof alice) => {
      asked.resolve()
      await go.promise
      return zones.resolve(zoneId)
    },
  }
  const { gateway, at } = await start({ resolver: slow, now: () => START })
  const udp = askUdp(at, queryFor('www.alice.signpost.internal'))
  const tcp = askTcp(at, queryFor('www.alice.signpost.internal', 'A', { id: 2 }))
  await asked.promise
  while (gateway.stats().pending < 2) await new Promise(setImmediate)
  const stopped = gateway.stop()
  expect(gateway.stop()).toBeInstanceOf(Promise)
  go.resolve()
  expect((await udp).answers).toHaveLength(1)
  expect((await tcp).answers).toHaveLength(1)
  await stopped
  const next = await start({ listen: [at] })
  expect((await askUdp(next.at, queryFor('www.alice.signpost.internal'))).answers).toHaveLength(1)
})

test('stopping does not wait for ever for a zone that does not come', async () => {
  const never = { resolve: () => new Promise<never>(() => {}) }
  const { gateway, at } = await start({ resolver: never, limits: { stopGrace: 50 } })
  const client = new TcpClient(at)
  client.ask(queryFor('www.alice.signpost.internal'))
  while (gateway.stats().pending < 1) await new Promise(setImmediate)
  await gateway.stop()
  expect(await client.next()).toBeUndefined()
})

test('a client waits for a zone no longer than the limit, and then hears that it may ask again', async () => {
  const never = { resolve: () => new Promise<never>(() => {}) }
  const { at } = await start({ resolver: never, limits: { zoneWait: 100 } })
  expect((await askUdp(at, queryFor('www.alice.signpost.internal'))).rcode).toBe(Rcode.SERVFAIL)
})

test('an error of the resolver is SERVFAIL and a line in the log', async () => {
  const logged: string[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (text: string) => logged.push(text) }
  const broken = { resolve: () => Promise.reject(new Error('a bug')) }
  const { at, gateway } = await start({ resolver: broken, logger })
  expect((await askUdp(at, queryFor('www.alice.signpost.internal'))).rcode).toBe(Rcode.SERVFAIL)
  expect(logged).toEqual(['a query met an error'])
  expect(gateway.stats().outcomes.failed).toBe(1)
})

test("the resolver in Node's own library, which is c-ares, resolves through it", async () => {
  const { at } = await start()
  const resolver = new Resolver({ tries: 1, timeout: 5000 })
  resolver.setServers([`127.0.0.1:${at.port}`])
  expect(await resolver.resolve4('www.alice.signpost.internal')).toEqual(['192.0.2.1'])
  expect(await resolver.resolve6(`www.${alice}.signpost.internal`)).toEqual(['2001:db8::1'])
  expect(await resolver.resolveMx('alice.signpost.internal')).toMatchObject([
    { priority: 10, exchange: 'mail.alice.signpost.internal' },
  ])
  await expect(resolver.resolve4('no.alice.signpost.internal')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  await expect(resolver.resolve4('small.alice.signpost.internal')).rejects.toMatchObject({ code: 'ENODATA' })
})

test.skipIf(!hasTool(['dig', '-v'], 'bind9-dnsutils'))(
  'dig resolves through it over UDP and TCP',
  async () => {
    const { at } = await start()
    for (const transport of ['+notcp', '+tcp']) {
      const args = ['@127.0.0.1', '-p', String(at.port), transport, '+tries=1', '+nocookie']
      const { stdout } = await run('dig', [...args, 'wWw.alice.signpost.internal', 'AAAA'])
      expect(stdout).toMatch(/status: NOERROR/)
      expect(stdout).toMatch(/flags: qr aa rd ra ad;/)
      expect(stdout).toMatch(/^wWw\.alice\.signpost\.internal\.\s+300\s+IN\s+AAAA\s+2001:db8::1$/m)
      expect(stdout).not.toMatch(/WARNING|malformed|MBZ/i)
      const refused = await run('dig', [...args, 'www.example'])
      expect(refused.stdout).toMatch(/status: REFUSED/)
      expect(refused.stdout).toMatch(/EDE: 20 \(Not Authoritative\): \(.*--upstream/)
    }
  },
)

test.skipIf(!hasTool(['kdig', '-V'], 'knot-dnsutils'))(
  'kdig keeps one TCP connection for many questions',
  async () => {
    const { at } = await start()
    const args = ['@127.0.0.1', '-p', String(at.port), '+tcp', '+keepopen', '+short', '+retry=0']
    const names = Array.from({ length: 20 }, () => 'www.alice.signpost.internal')
    const { stdout } = await run('kdig', [...args, ...names.flatMap(name => [name, 'A'])])
    expect(stdout.trim().split('\n')).toEqual(names.map(() => '192.0.2.1'))
  },
)

test('a packet from port 0, and one that is no query, do no harm', async () => {
  const { at, gateway } = await start()
  const socket = createSocket('udp4')
  open.push(socket)
  for (const packet of [
    new Uint8Array(0),
    new Uint8Array(11),
    encodeMessage({ ...queryFor('a.b'), response: true }),
  ])
    socket.send(packet, at.port, at.host)
  while (gateway.stats().silent < 3) await new Promise(setImmediate)
  expect((await askUdp(at, queryFor('www.alice.signpost.internal'))).answers).toHaveLength(1)
  expect(parseName('www.alice.signpost.internal').labelCount).toBe(4)
})

test('forgetting a zone and flushing show at once what is new', async () => {
  const { at, gateway, zones } = await start()
  const answer = async (): Promise<string[]> =>
    lines((await askUdp(at, queryFor('www.alice.signpost.internal'))).answers).map(
      line => line.split(' ').at(-1)!,
    )
  await answer()
  await zones.publish(1, 'www A 192.0.2.2\n', { sequence: 2 })
  expect(await answer()).toEqual(['192.0.2.1'])
  gateway.forget(alice)
  expect(await answer()).toEqual(['192.0.2.2'])
  await zones.publish(1, 'www A 192.0.2.3\n', { sequence: 3 })
  gateway.flush()
  expect(await answer()).toEqual(['192.0.2.3'])
})
