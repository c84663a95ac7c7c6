import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Message, RrType, encodeMessage } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askUdp, explanations, lines, queryFor } from '../asking.test-support.ts'
import { type Gateway, createGateway } from '../create-gateway.ts'
import { respond } from '../in-process.test-support.ts'
import type { GatewayOptions } from '../options.ts'
import { frame } from '../transports/frames.ts'
import { ScriptedServers } from '../upstream/scripted-server.test-support.ts'
import { makeCredentials } from '../upstream/test-credentials.test-support.ts'
import { PublishedZones } from '../zones.test-support.ts'
import type { GuardEvent } from './guard/event.ts'

// Whole gateways with sockets, and the clock as it is.
const servers = new ScriptedServers()
let directory: string
/** Milliseconds by which the clock on the wall is ahead. */
let ahead: number
let events: GuardEvent[]
let logged: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-guarded-'))
  ahead = 0
  events = []
  logged = []
})
afterEach(async () => {
  await servers.close()
  await rm(directory, { recursive: true })
})

const SOA = 'example. 1 SOA a. b. 1 2 3 4 1'
const good = (request: Message): Message =>
  respond(request, { answers: `${request.questions[0]!.name.toString()} 1 A 93.184.216.34` })
const empty = (request: Message): Message => respond(request, { authorities: SOA })

const truth = (request: Message): Uint8Array | undefined => encodeMessage(good(request))

function log(message: string, fields = {}): void {
  logged.push(`${message} ${JSON.stringify(fields)}`)
}

function options(more: Partial<GatewayOptions>): GatewayOptions {
  const logger: Logger = { debug() {}, info: log, warn: log, error: log }
  return {
    resolver: new PublishedZones(),
    listen: [{ host: '127.0.0.1', port: 0 }],
    hosts: false,
    cache: { directory },
    guard: ['*.example'],
    onGuardEvent: event => events.push(event),
    logger,
    now: () => Date.now() + ahead,
    ...more,
  }
}

async function see(gateway: Gateway, name = 'www.example'): Promise<string> {
  const reply = await askUdp(gateway.addresses[0]!, queryFor(name))
  return [...lines(reply.answers).map(line => line.split(' ').at(-1)), ...explanations(reply)].join(' ')
}

test('what comes over TLS is a good answer at once, and outlives the gateway and the upstream', async () => {
  const credentials = makeCredentials(['dns.example'])
  const ca = join(directory, 'ca.pem')
  await writeFile(ca, credentials.cert)
  const { port } = await servers.serveTls(credentials, (request, socket) => {
    socket.write(frame(encodeMessage(good(request))))
  })
  const over = options({ upstreams: [`tls://127.0.0.1:${port}#dns.example`], upstreamCa: ca })
  {
    await using gateway = await createGateway(over)
    expect(await see(gateway)).toBe('93.184.216.34')
    expect(gateway.stats().continuity.guard).toMatchObject({ patterns: 1, answers: 1 })
  }
  await servers.close()
  ahead = 10_000
  const limits = { upstreamTry: 200, upstreamTotal: 200 }
  await using gateway = await createGateway({ ...over, limits })
  expect(await see(gateway)).toMatch(/^93\.184\.216\.34 3 ordinary DNS fails for this name/)
  expect(gateway.stats().continuity.given).toEqual({ owners: 0, lastGood: 1, witnesses: 0 })
})

test('garbage and silence over UDP and TCP are failures of a name, and its last good answer goes out', {
  timeout: 60_000,
}, async () => {
  let says = truth
  const at = await servers.serve(
    (request, send) => {
      const octets = says(request)
      if (octets !== undefined) send(octets)
    },
    (request, socket) => {
      const octets = says(request)
      if (octets !== undefined) socket.write(frame(octets))
    },
  )
  const limits = { guardProof: 1, guardPace: 1, upstreamTry: 100, upstreamTotal: 200, upstreamProbe: 10 }
  await using gateway = await createGateway(options({ upstreams: [at], limits }))
  expect(await see(gateway)).toBe('93.184.216.34')
  await expect.poll(() => gateway.stats().continuity.guard.answers, { timeout: 10_000 }).toBe(1)
  const lies: [string, typeof truth][] = [
    ['a header alone', request => encodeMessage(good(request)).subarray(0, 12)],
    ['half of a reply', request => encodeMessage(good(request)).subarray(0, 40)],
    ['noise', () => new Uint8Array(100).fill(0xa5)],
    ['TC, and over TCP too', request => encodeMessage({ ...good(request), answers: [], truncated: true })],
    ['silence', () => undefined],
  ]
  for (const [, lie] of lies) {
    says = lie
    await expect
      .poll(() => see(gateway), { timeout: 10_000, interval: 100 })
      .toMatch(/^93\.184\.216\.34 3 ordinary DNS fails/)
    says = truth
    await expect.poll(() => see(gateway), { timeout: 10_000, interval: 100 }).toBe('93.184.216.34')
  }
  expect(events.map(({ kind }) => kind)).toEqual(lies.flatMap(() => ['doubt-began', 'doubt-ended']))
})

test('a reload that names another directory takes the good answers along, and writes no more to the first', async () => {
  const credentials = makeCredentials(['dns.example'])
  const ca = join(directory, 'ca.pem')
  await writeFile(ca, credentials.cert)
  const { port } = await servers.serveTls(credentials, (request, socket) => {
    socket.write(frame(encodeMessage(good(request))))
  })
  const upstreams = [`tls://127.0.0.1:${port}#dns.example`]
  const limits = { upstreamTry: 200, upstreamTotal: 200 }
  const at = (name: string): GatewayOptions =>
    options({ upstreams, upstreamCa: ca, limits, cache: { directory: join(directory, name) } })
  {
    await using gateway = await createGateway(at('second'))
    await see(gateway, 'early.example')
  }
  {
    await using gateway = await createGateway(at('first'))
    await see(gateway)
    await gateway.reload(at('second'))
    expect(gateway.stats().continuity.guard.answers).toBe(2)
    await see(gateway, 'late.example')
  }
  await servers.close()
  ahead = 10_000
  const known = async (name: string): Promise<string[]> => {
    await using gateway = await createGateway(at(name))
    return await Promise.all(
      ['www', 'early', 'late'].map(async label => (await see(gateway, `${label}.example`)).slice(0, 15)),
    )
  }
  expect(await known('second')).toEqual(Array.from({ length: 3 }, () => '93.184.216.34 3'))
  expect(await known('first')).toEqual([
    '93.184.216.34 3',
    expect.stringMatching(/^23 /),
    expect.stringMatching(/^23 /),
  ])
})

test('guards are replaced, on reload too, and a change is accepted', { timeout: 60_000 }, async () => {
  let says = good
  const at = await servers.serve((request, send) => {
    const [question] = request.questions
    send(encodeMessage(question?.type === RrType.A ? says(request) : empty(request)))
  })
  const limits = { guardProof: 1, guardPace: 1, guardPatience: 3600 }
  const first = options({ upstreams: [at], limits })
  await using gateway = await createGateway(first)
  const names = ['www.example', 'two.example', 'plain.test.other']
  for (const name of names) expect(await see(gateway, name)).toBe('93.184.216.34')
  await expect.poll(() => gateway.stats().continuity.guard.answers, { timeout: 10_000 }).toBe(2)
  says = empty
  const inDoubt = async (): Promise<number> => {
    for (const name of names) await see(gateway, name)
    return gateway.continuity.doubts().length
  }
  await expect.poll(inDoubt, { timeout: 10_000 }).toBe(2)
  expect(gateway.continuity.doubts()[0]).toMatchObject({ type: 'A', trouble: 'no-data' })
  const alarms = logged.filter(line => line.includes('is in doubt')).join()
  for (const name of ['www.example', 'two.example']) expect(alarms).toContain(name)
  expect(logged.join()).not.toContain('plain.test')

  expect(gateway.continuity.accept('two.example')).toBe(1)
  expect(gateway.continuity.accept('two.example')).toBe(0)
  expect(() => gateway.continuity.accept('a..b')).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  expect(await see(gateway, 'two.example')).toBe('')
  expect(events.at(-1)).toMatchObject({ kind: 'accepted', name: 'two.example.', by: 'user' })
  expect(logged.at(-1)).toContain('is believed now')

  expect(() => gateway.continuity.replaceGuards(['*.signpost.internal'])).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG' }),
  )
  expect(gateway.continuity.guards).toEqual(['*.example'])
  await expect(gateway.reload({ ...first, guard: ['.'] })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  await gateway.reload({ ...first, guard: ['www.example', '*.more'] })
  expect(gateway.continuity.guards).toEqual(['www.example', '*.more'])
  expect(gateway.continuity.doubts()).toHaveLength(1)
  gateway.continuity.replaceGuards([])
  expect(gateway.stats().continuity.guard).toMatchObject({ patterns: 0, answers: 0 })
  await expect.poll(() => see(gateway), { timeout: 10_000 }).toBe('')
})
