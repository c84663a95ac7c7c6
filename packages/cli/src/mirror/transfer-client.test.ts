import { type Server, type Socket, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type Message,
  type ResourceRecord,
  createQuery,
  decodeMessage,
  encodeMessage,
  parseName,
  parseZoneFile,
  printRecord,
  printRrType,
} from '@signpost/dns'
import { hasTool } from '../../../dns/src/debian-tool.test-support.ts'
import { closedPort } from '../../../gateway/src/upstream/scripted-server.test-support.ts'
import { FrameReader, frame } from '@signpost/gateway'
import type { HostPort } from '../values/host-port.ts'
import { bind, knot, nsd } from './primaries.test-support.ts'
import { type TransferOptions, type TransferResult, transferZone } from './transfer-client.ts'

vi.setConfig({ testTimeout: 60_000 })

const zone = parseName('example.com.')
const HEAD = '@ 300 SOA ns host 7 3600 600 86400 300\n@ 300 NS ns\nns 300 A 192.0.2.53\n'

interface Transferred {
  readonly result: TransferResult
  readonly records: readonly ResourceRecord[]
}

async function transfer(from: HostPort, options: Partial<TransferOptions> = {}): Promise<Transferred> {
  const records: ResourceRecord[] = []
  const take = (record: ResourceRecord): boolean => {
    records.push(record)
    return true
  }
  const signal = new AbortController().signal
  return { result: await transferZone({ from, zone, take, signal, ...options }), records }
}

describe('from servers of Debian', () => {
  const servers = [
    { name: 'NSD', start: nsd, tool: ['/usr/sbin/nsd', '-v'], package: 'nsd' },
    { name: 'Knot DNS', start: knot, tool: ['/usr/sbin/knotd', '-V'], package: 'knot' },
    { name: 'BIND', start: bind, tool: ['/usr/sbin/named', '-V'], package: 'bind9' },
  ] as const

  for (const { name, start, tool, package: of } of servers) {
    const isThere = hasTool(tool, of)

    test.skipIf(!isThere)(`${name}: a zone in many messages is the one that its file has`, async () => {
      const lines = Array.from({ length: 4000 }, (_, n) => `n${n} 300 A 192.0.2.${n % 250}`)
      const file = `$ORIGIN example.com.\n${HEAD}${lines.join('\n')}\nx 300 TXT "${'y'.repeat(250)}"\n`
      await using server = await start({ zone: 'example.com', file, gives: true })
      const { result, records } = await transfer(server.at)
      expect(result).toEqual({ kind: 'whole', serial: 7 })
      const wanted = parseZoneFile(file).map(printRecord)
      expect(records.map(printRecord).sort()).toEqual(wanted.sort())
    })

    test.skipIf(!isThere)(`${name}: a refused transfer says so`, async () => {
      await using server = await start({ zone: 'example.com', file: HEAD, gives: false })
      const { result } = await transfer(server.at)
      expect(result).toEqual({
        kind: 'failed',
        reason: expect.stringMatching(/refuses the transfer|does not have the zone/) as string,
      })
    })

    test.skipIf(!isThere)(`${name}: a zone that it does not have is no empty one`, async () => {
      await using server = await start({ zone: 'example.org', file: HEAD, gives: true })
      expect((await transfer(server.at)).result.kind).toBe('failed')
    })
  }

  for (const { name, start, tool, package: of } of servers.slice(1))
    test.skipIf(!hasTool(tool, of))(`${name}: a zone with DNSSEC comes with all of it`, async () => {
      const file = `$ORIGIN example.com.\n${HEAD}www 300 A 192.0.2.1\n`
      await using server = await start({ zone: 'example.com', file, gives: true, signs: true })
      await expect
        .poll(
          async () => {
            const { records } = await transfer(server.at)
            return new Set(records.map(({ type }) => printRrType(type)))
          },
          { timeout: 20_000 },
        )
        .toEqual(expect.toSatisfy((types: Set<string>) => types.has('RRSIG') && types.has('DNSKEY')))
    })
})

const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0))
    await new Promise(resolve => {
      server.close(resolve)
    })
})

/** A server that does what the test says with the query. */
async function scripted(answer: (query: Message, socket: Socket) => void): Promise<HostPort> {
  const server = createServer(socket => {
    sockets.add(socket)
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const octets of frames.push(chunk as Uint8Array)) answer(decodeMessage(octets), socket)
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function reply({ id, questions }: Message, text: string): Uint8Array {
  const answers = parseZoneFile(text, { origin: zone })
  return frame(encodeMessage(createQuery(questions[0]!, { id, response: true, answers })))
}

const SOA = '@ 300 SOA ns host 7 3600 600 86400 300\n'

test('octets that come one by one are a zone all the same', async () => {
  const from = await scripted((query, socket) => {
    socket.setNoDelay(true)
    for (const octet of reply(query, `${HEAD}${SOA}`)) socket.write(Uint8Array.of(octet))
  })
  expect((await transfer(from)).result).toEqual({ kind: 'whole', serial: 7 })
})

test('a connection that ends in the middle of the zone, or of a message, is no zone', async () => {
  const between = await scripted((query, socket) => socket.end(reply(query, HEAD)))
  expect((await transfer(between)).result).toMatchObject({
    reason: expect.stringContaining('closed') as string,
  })
  const within = await scripted((query, socket) => socket.end(reply(query, `${HEAD}${SOA}`).subarray(0, -1)))
  expect((await transfer(within)).result).toMatchObject({
    reason: expect.stringContaining('closed') as string,
  })
})

test('a connection that is reset is no zone', async () => {
  const from = await scripted((query, socket) => {
    socket.write(reply(query, HEAD), () => socket.resetAndDestroy())
  })
  expect((await transfer(from)).result.kind).toBe('failed')
})

test('a server that says nothing, or nothing any more, is waited for no longer than the limit', async () => {
  const limits = { idle: 50 }
  const silent = await scripted(() => {})
  expect((await transfer(silent, { limits })).result).toEqual({
    kind: 'failed',
    reason: 'it sends nothing any more',
  })
  const tired = await scripted((query, socket) => socket.write(reply(query, HEAD)))
  expect((await transfer(tired, { limits })).result).toEqual({
    kind: 'failed',
    reason: 'it sends nothing any more',
  })
})

test('a server that goes on and on is left', async () => {
  const from = await scripted((query, socket) => {
    const first = reply(query, HEAD)
    const more = reply(query, 'www 300 A 192.0.2.1')
    socket.write(first)
    const timer = setInterval(() => socket.write(more), 5)
    socket.on('close', () => {
      clearInterval(timer)
    })
  })
  expect((await transfer(from, { limits: { total: 100 } })).result).toEqual({
    kind: 'failed',
    reason: 'the transfer takes too long',
  })
  expect((await transfer(from, { limits: { octets: 1000 } })).result).toMatchObject({
    reason: expect.stringContaining('larger') as string,
  })
})

test('nobody there is said so', async () => {
  const result = await transfer({ host: '127.0.0.1', port: await closedPort() })
  expect(result.result).toEqual({ kind: 'failed', reason: 'nobody listens there' })
})

test('stopping ends a transfer', async () => {
  const stop = new AbortController()
  const from = await scripted(() => stop.abort(new Error('stopped')))
  await expect(transfer(from, { signal: stop.signal })).rejects.toThrow('stopped')
  await expect(transfer(from, { signal: stop.signal })).rejects.toThrow('stopped')
})
