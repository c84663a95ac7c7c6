import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rcode, encodeMessage, parseName, parseZoneFile } from '@signpost/dns'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasTool } from '../../../dns/src/debian-tool.test-support.ts'
import { askUdp, explanations, lines, queryFor } from '../asking.test-support.ts'
import { AnswerCache } from '../cache/answer-cache.ts'
import { persistAnswers } from '../cache/persistence.ts'
import { type Gateway, createGateway } from '../create-gateway.ts'
import { type DebianServer, startUnbound } from '../debian-servers.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { respond } from '../in-process.test-support.ts'
import { limitsWith } from '../limits.ts'
import type { GatewayOptions } from '../options.ts'
import { fromUpstream } from '../outcome.ts'
import { LogLines } from '../transports/certificate/certificate.test-support.ts'
import { PublishedZones } from '../zones.test-support.ts'
import { type Forwarding, createForwarding } from './forwarding.ts'
import type { Origin } from './origin.ts'
import { ScriptedServers } from './scripted-server.test-support.ts'
import { type Credentials, makeCredentials } from './test-credentials.test-support.ts'
import { printUpstream } from './upstream.ts'

const servers = new ScriptedServers()
const gateways: Gateway[] = []
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-forwarding-'))
})
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop()
  await servers.close()
  await rm(directory, { recursive: true })
})

const anyPort = { host: '127.0.0.1', port: 0 }

async function start(
  options: Partial<GatewayOptions>,
): Promise<{ gateway: Gateway; at: Endpoint; log: LogLines }> {
  const log = new LogLines()
  const gateway = await createGateway({
    resolver: new PublishedZones(),
    listen: [anyPort],
    hosts: false,
    rebinding: { protect: false },
    logger: log,
    ...options,
  })
  gateways.push(gateway)
  return { gateway, at: gateway.addresses[0]!, log }
}

/** A server over UDP that says of every name by which address it is known. */
async function known(as: string, asked: string[] = []): Promise<Endpoint> {
  return servers.serve((request, send) => {
    const name = request.questions[0]!.name.toString()
    asked.push(name.toLowerCase())
    send(encodeMessage(respond(request, { answers: `${name} 60 A ${as}` })))
  })
}

async function addressOf(at: Endpoint, name: string): Promise<string | undefined> {
  const reply = await askUdp(at, queryFor(name))
  return lines(reply.answers).at(-1)?.split(' ').at(-1)
}

/** Whether anything but the search for loops was sent. */
const questions = (asked: readonly string[]): string[] =>
  asked.filter(name => !name.includes('signpost-loop-check'))

test('every domain is asked of its own servers, all else of the others', async () => {
  const { at } = await start({
    upstreams: [await known('192.0.2.1')],
    routes: [
      { domains: ['corp.example', '10.in-addr.arpa'], upstreams: [await known('192.0.2.2')] },
      { domains: ['lab.corp.example'], upstreams: [await known('192.0.2.3')] },
    ],
  })
  expect(await addressOf(at, 'www.example')).toBe('192.0.2.1')
  expect(await addressOf(at, 'www.corp.example')).toBe('192.0.2.2')
  expect(await addressOf(at, 'x.lab.Corp.example')).toBe('192.0.2.3')
  // Of private addresses nobody is asked, but for a route.
  expect(await addressOf(at, '1.0.0.10.in-addr.arpa')).toBe('192.0.2.2')
})

test('a special name with a route is asked of its servers', async () => {
  const { at } = await start({
    routes: [{ domains: ['test', 'home.arpa'], upstreams: [await known('192.0.2.2')] }],
  })
  expect(await addressOf(at, 'www.test')).toBe('192.0.2.2')
  expect(await addressOf(at, 'printer.home.arpa')).toBe('192.0.2.2')
})

test('a route to nobody refuses', async () => {
  const asked: string[] = []
  const { at } = await start({
    upstreams: [await known('192.0.2.1', asked)],
    routes: [{ domains: ['secret.example'], upstreams: [] }],
  })
  const reply = await askUdp(at, queryFor('www.secret.example'))
  expect(reply.rcode).toBe(Rcode.REFUSED)
  expect(explanations(reply)).toEqual(['20 names below secret.example. are not asked of anybody here'])
  expect(questions(asked)).toEqual([])
})

test('an alias from one route into another is asked there, whatever the first server says of it', async () => {
  const lying = await servers.serve((request, send) => {
    const name = request.questions[0]!.name.toString()
    const answers = `${name} 60 CNAME www.corp.example.\nwww.corp.example. 60 A 203.0.113.66`
    send(encodeMessage(respond(request, { answers })))
  })
  const { at } = await start({
    upstreams: [lying],
    routes: [{ domains: ['corp.example'], upstreams: [await known('192.0.2.2')] }],
  })
  expect(await addressOf(at, 'www.example')).toBe('192.0.2.2')
})

test('an alias into the hosts file is answered from there, whatever the upstream says of it', async () => {
  const lying = await servers.serve((request, send) => {
    const name = request.questions[0]!.name.toString()
    const answers = `${name} 60 CNAME db.corp.example.\ndb.corp.example. 60 A 203.0.113.66`
    send(encodeMessage(respond(request, { answers })))
  })
  const hosts = join(directory, 'hosts')
  await writeFile(hosts, '203.0.113.1 db.corp.example\n')
  const { at } = await start({ upstreams: [lying], hosts })
  expect(await addressOf(at, 'www.corp.example')).toBe('203.0.113.1')
})

/** What this machine's resolvers are asked through, and of whom it says that is asked. */
function systemForwarding(): { forwarding: Forwarding; origins: Origin[] } {
  const origins: Origin[] = []
  const forwarding = createForwarding(
    {
      upstreams: 'system',
      routes: [],
      bootstrap: [],
      upstreamCa: undefined,
      resolvConf: join(directory, 'resolv.conf'),
      limits: limitsWith(),
      logger: undefined,
      signal: new AbortController().signal,
      onOrigin: origin => origins.push(origin),
    },
    () => ({ exchange: async () => ({ kind: 'silence' }), close: () => {} }),
  )
  return { forwarding, origins }
}

const nowhere = { listen: [], tls: [], https: [] }

/** Of whom is asked on the network of a resolver. */
async function originOn(resolver: string): Promise<Origin> {
  await writeFile(join(directory, 'resolv.conf'), `nameserver ${resolver}\n`)
  const { forwarding, origins } = systemForwarding()
  await forwarding.start(nowhere)
  forwarding.close()
  return origins[0]!
}

test.each([
  ['the same network', '127.9.9.1', 3000],
  ['another network', '127.9.9.2', 30],
])("what this machine's resolvers said and was kept, after a start on %s", async (_, resolver, ttl) => {
  const now = Date.now()
  const cache = new AnswerCache(limitsWith())
  const parts = { cache, directory: join(directory, 'cache'), limits: limitsWith(), now: () => now }
  const kept = await persistAnswers({
    ...parts,
    isOurs: () => false,
    logger: undefined,
  })
  await cache.restoring
  const key = `0 1 ${parseName('www.example.').key}`
  const answers = parseZoneFile('www.example. 3000 IN A 203.0.113.66\n')
  const provenance = { ...fromUpstream, origin: await originOn('127.9.9.1') }
  cache.store(key, { kind: 'answer', answers, authorities: [], provenance, age: 0 }, now)
  await kept!.close()
  await originOn(resolver)
  const { at } = await start({
    upstreams: 'system',
    resolvConf: join(directory, 'resolv.conf'),
    cache: { directory: parts.directory },
    now: () => now,
    limits: { upstreamTry: 50, upstreamTotal: 50 },
  })
  const reply = await askUdp(at, queryFor('www.example'))
  expect(lines(reply.answers)).toEqual([`www.example. ${ttl} IN A 203.0.113.66`])
})

test('that this machine has no resolvers for a time makes nothing old', async () => {
  await writeFile(join(directory, 'resolv.conf'), '')
  const { forwarding, origins } = systemForwarding()
  await forwarding.start(nowhere)
  expect(origins).toEqual([])
  await writeFile(join(directory, 'resolv.conf'), 'nameserver 127.9.9.1\n')
  await forwarding.start(nowhere)
  forwarding.close()
  expect(origins).toHaveLength(1)
})

test('names in a domain with servers of its own may have private addresses', async () => {
  const { at } = await start({
    upstreams: [await known('192.168.1.1')],
    routes: [{ domains: ['corp.example'], upstreams: [await known('192.168.1.2')] }],
    rebinding: {},
  })
  expect(await addressOf(at, 'www.corp.example')).toBe('192.168.1.2')
  expect(await addressOf(at, 'www.example')).toBeUndefined()
})

test("this machine's resolvers are asked, and others once the file has changed", async () => {
  const resolvConf = join(directory, 'resolv.conf')
  const [one, other] = [await known('192.0.2.1'), await known('192.0.2.2')]
  // A file has no ports, so this takes an address with port 53 of its own: the route shows that, the upstreams below do.
  await writeFile(resolvConf, '# nobody yet\n')
  const { at, gateway, log } = await start({
    upstreams: 'system',
    resolvConf,
    routes: [{ domains: ['corp.example'], upstreams: [one] }],
    limits: { systemCheck: 50 },
  })
  const none = await askUdp(at, queryFor('www.example'))
  expect(none.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(none)).toEqual([expect.stringMatching(/^23 this machine has no DNS server to ask/)])
  expect(log.lines.at(-1)).toMatch(/^warn this machine has no DNS server/)
  await writeFile(resolvConf, 'nameserver 127.0.0.1\n')
  await log.until("ordinary names are asked of this machine's DNS servers")
  expect(gateway.stats().upstream.upstreams.map(({ upstream }) => upstream)).toEqual([
    '127.0.0.1:53',
    printUpstream({ protocol: 'udp', ...one }),
  ])
  expect(await addressOf(at, 'www.corp.example')).toBe('192.0.2.1')
  await gateway.reload({
    resolver: new PublishedZones(),
    listen: [anyPort],
    hosts: false,
    upstreams: [other],
  })
  expect(await addressOf(gateway.addresses[0]!, 'other.example')).toBe('192.0.2.2')
})

const LOOP =
  'an upstream asks this gateway itself, so it is not used; take one of them out of the other, or name another upstream'

test('two gateways that ask each other find it out, and go on with others', async () => {
  const first = await start({})
  const second = await start({ upstreams: [first.at] })
  const good = await known('192.0.2.1')
  await first.gateway.reload({
    resolver: new PublishedZones(),
    listen: [anyPort],
    hosts: false,
    upstreams: [second.at, good],
    logger: first.log,
  })
  await first.log.until(LOOP)
  expect(await addressOf(first.at, 'www.example')).toBe('192.0.2.1')
  expect(first.gateway.stats().upstream.upstreams.map(({ condition }) => condition)).toEqual(['loop', 'up'])
})

test('where every upstream is a loop, the reply names them, at once', async () => {
  const first = await start({})
  const middle = await start({ upstreams: [first.at] })
  const last = await start({ upstreams: [middle.at] })
  await first.gateway.reload({
    resolver: new PublishedZones(),
    listen: [anyPort],
    hosts: false,
    upstreams: [last.at],
    logger: first.log,
  })
  // The one in the middle passes the question on.
  await first.log.until(LOOP)
  const reply = await askUdp(first.at, queryFor('www.example'))
  expect(reply.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(reply)).toEqual([
    `23 a forwarding loop: 127.0.0.1:${last.at.port} asks this gateway itself; name another upstream`,
  ])
})

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))('a loop through unbound is found', async () => {
  const { gateway, at, log } = await start({})
  await using unbound = await startUnbound([], { forwardTo: at })
  await gateway.reload({
    resolver: new PublishedZones(),
    listen: [anyPort],
    hosts: false,
    upstreams: [unbound.at],
    logger: log,
  })
  await log.until(LOOP)
  expect(gateway.stats().upstream.upstreams).toMatchObject([{ condition: 'loop' }])
})

const NAME = 'dns.corp.example'
const RECORDS: readonly string[] = ['www.corp.example. 120 IN A 192.0.2.1', `${NAME}. 60 IN A 127.0.0.1`]

interface EncryptedUnbound {
  readonly unbound: DebianServer
  readonly tlsPort: number
  readonly httpsPort: number
}

/** Its further ports may be taken by the time it wants them. */
async function startEncryptedUnbound(credentials: Credentials, tries = 3): Promise<EncryptedUnbound> {
  const [tlsPort, httpsPort] = [await servers.freeTcpPort(), await servers.freeTcpPort()]
  try {
    const unbound = await startUnbound(RECORDS, {
      files: { 'server.key': credentials.key, 'server.pem': credentials.cert },
      settings: [
        `interface: 127.0.0.1@${tlsPort}`,
        `interface: 127.0.0.1@${httpsPort}`,
        `tls-port: ${tlsPort}`,
        `https-port: ${httpsPort}`,
        'tls-service-key: "%/server.key"',
        'tls-service-pem: "%/server.pem"',
      ],
    })
    return { unbound, tlsPort, httpsPort }
  } catch (error) {
    if (tries <= 1) throw error
    return startEncryptedUnbound(credentials, tries - 1)
  }
}

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))(
  'unbound is asked over TCP, TLS and HTTPS, by address and by a name that another server knows',
  async () => {
    const credentials = makeCredentials([NAME])
    const encrypted = await startEncryptedUnbound(credentials)
    await using unbound = encrypted.unbound
    const { tlsPort, httpsPort } = encrypted
    // Nothing is asked twice for want of patience.
    const limits = { upstreamTry: 20_000, upstreamTotal: 20_000, upstreamPatience: 10_000 }
    const upstreamCa = join(directory, 'ca.pem')
    await writeFile(upstreamCa, credentials.cert)
    for (const upstream of [
      `tcp://127.0.0.1:${unbound.at.port}`,
      `tls://127.0.0.1:${tlsPort}#${NAME}`,
      `tls://${NAME}:${tlsPort}`,
      `https://127.0.0.1:${httpsPort}/dns-query#${NAME}`,
      `https://${NAME}:${httpsPort}/dns-query`,
    ]) {
      const { at, gateway } = await start({
        upstreams: [upstream],
        bootstrap: [unbound.at],
        upstreamCa,
        limits,
      })
      expect(await addressOf(at, 'www.corp.example')).toBe('192.0.2.1')
      const names = Array.from({ length: 50 }, (_, n) => queryFor(`${n}.corp.example`, 'A', { id: n }))
      const replies = await Promise.all(names.map(query => askUdp(at, query)))
      expect(replies.map(({ rcode }) => rcode)).toEqual(names.map(() => Rcode.NXDOMAIN))
      expect(gateway.stats().upstream.upstreams).toMatchObject([{ condition: 'up', sent: 51, failed: 0 }])
    }
    const wrong = await start({ upstreams: [`tls://127.0.0.1:${tlsPort}#other.example`], upstreamCa })
    const refused = await askUdp(wrong.at, queryFor('www.corp.example'))
    expect(refused.rcode).toBe(Rcode.SERVFAIL)
    expect(explanations(refused)).toEqual([
      expect.stringMatching(/^23 tls:.*does not match certificate's altnames/),
    ])
  },
)

test('a dead upstream is waited for once, however many questions there are', async () => {
  const unheard: string[] = []
  const dead = await servers.serve(request => {
    unheard.push(request.questions[0]!.name.toString().toLowerCase())
  })
  const { at, gateway } = await start({
    upstreams: [dead, await known('192.0.2.1')],
    limits: { upstreamTry: 400, upstreamProbe: 60_000 },
  })
  for (let n = 0; n < 30; n++) expect(await addressOf(at, `${n}.example`)).toBe('192.0.2.1')
  expect(questions(unheard)).toEqual(['0.example.'])
  expect(gateway.stats().upstream.upstreams.map(({ condition }) => condition)).toEqual(['late', 'up'])
})

test('upstreams that flip between working and not never cost an answer', async () => {
  const flips = { first: true }
  const flipping = async (isFirst: boolean): Promise<Endpoint> =>
    servers.serve((request, send) => {
      const isGood = flips.first === isFirst
      const rcode = isGood ? Rcode.NOERROR : request.id % 2 === 0 ? Rcode.SERVFAIL : Rcode.REFUSED
      const answers = `${request.questions[0]!.name.toString()} 60 A 192.0.2.1`
      send(encodeMessage({ ...respond(request, isGood ? { answers } : {}), rcode }))
    })
  const { at } = await start({ upstreams: [await flipping(true), await flipping(false)] })
  for (let n = 0; n < 60; n++) {
    flips.first = n % 7 < 3
    expect(await addressOf(at, `${n}.example`)).toBe('192.0.2.1')
  }
})

test('no socket, timer or connection is left when the gateway stops', async () => {
  const before = process.getActiveResourcesInfo().length
  const silent = await servers.serve(() => {})
  const closed = Promise.withResolvers<void>()
  const stream = await servers.serveTcp((_, socket) => socket.once('close', closed.resolve))
  const { gateway, at } = await start({
    upstreams: [silent, `tcp://127.0.0.1:${stream!.port}`],
    limits: { stopGrace: 0 },
  })
  const asking = askUdp(at, queryFor('www.example'))
  asking.catch(() => {})
  while (servers.connections === 0) await new Promise(setImmediate)
  await gateway.stop()
  await closed.promise
  await servers.close()
  await new Promise(setImmediate)
  const left = process.getActiveResourcesInfo().filter(each => each !== 'UDPWrap')
  expect(left.length).toBeLessThanOrEqual(before)
})
