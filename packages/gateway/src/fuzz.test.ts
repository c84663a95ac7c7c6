import { createSocket } from 'node:dgram'
import { decodeHeader, decodeMessage, encodeMessage } from '@signpost/dns'
import { expect, test } from 'vitest'
import { TcpClient, askUdp, lines, plainEdns, queryFor } from './asking.test-support.ts'
import { createGateway } from './create-gateway.ts'
import { gatewayInProcess } from './in-process.test-support.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

const alice = idOf(1)
const ZONE = `www A 192.0.2.1\na CNAME b\nb CNAME a\n* TXT "any"\nd DNAME www\nbob NS ${idOf(2)}.\n`
const names = ['www', 'a', 'x.y', 'q.d', 'z.bob'].map(label => `${label}.${alice}.signpost.internal`)
const seeds = [...names, 'www.example', 'signpost.internal', '.'].flatMap(name => [
  encodeMessage(queryFor(name)),
  encodeMessage(
    queryFor(name, 'ANY', { edns: { ...plainEdns, options: [{ code: 15, data: new Uint8Array(9) }] } }),
  ),
  encodeMessage({ ...queryFor(name), additionals: [] }),
])

/** Numbers from a seed (mulberry32), so that a failure can be run again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function mutate(random: (below: number) => number): Uint8Array {
  const packet = Array.from(seeds[random(seeds.length)]!)
  for (let changes = random(8); changes >= 0; changes--) {
    const at = random(packet.length + 1)
    const kind = random(5)
    if (kind === 0) packet[at % packet.length] = random(256)
    else if (kind === 1) packet.splice(at, random(6))
    else if (kind === 2) packet.splice(at, 0, ...Array.from({ length: random(6) }, () => random(256)))
    else if (kind === 3) packet.length = Math.max(1, at)
    else packet[at % packet.length] = [0, 0xc0, 0xff, 0x3f, 12][random(5)]!
  }
  return Uint8Array.from(packet)
}

test('of 20,000 broken packets each is answered or refused as it deserves, and names still resolve', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, ZONE)
  const random = numbers(1)
  for (let n = 0; n < 20_000; n++) {
    const packet = mutate(random)
    const transport = n % 2 === 0 ? 'udp' : 'tcp'
    const reply = await gateway.service(packet, transport, { address: '127.0.0.1', port: 1 })
    const silent = packet.length < 12 || packet[2]! >= 0x80
    expect(reply === undefined).toBe(silent)
    if (reply === undefined) continue
    const message = decodeMessage(reply)
    expect(message).toMatchObject({ id: decodeHeader(packet).id, response: true })
    if (transport === 'udp') expect(reply.length).toBeLessThanOrEqual(1232)
  }
  expect(gateway.errors).toEqual([])
  expect(lines((await gateway.ask(names[0]!)).answers)).toEqual([`${names[0]}. 300 IN A 192.0.2.1`])
})

test('broken packets at real sockets, and broken streams, leave the gateway answering', async () => {
  const zones = new PublishedZones()
  await zones.publish(1, ZONE)
  await using gateway = await createGateway({
    resolver: zones,
    listen: [{ host: '127.0.0.1', port: 0 }],
    now: () => zones.now,
  })
  const at = gateway.addresses[0]!
  const random = numbers(2)
  const socket = createSocket('udp4')
  try {
    for (let n = 0; n < 2000; n++) {
      socket.send(mutate(random), at.port, at.host)
      // So few at once that the kernel drops none.
      if (n % 50 === 49) while (gateway.stats().packets.udp <= n - 50) await new Promise(setImmediate)
    }
    for (let n = 0; n < 50; n++) {
      const client = new TcpClient(at)
      for (let k = 0; k < 10; k++) client.write(mutate(random))
      client.endWriting()
      await client.closed
      client.destroy()
    }
    expect((await askUdp(at, queryFor(names[0]!))).answers).toHaveLength(1)
    expect(gateway.stats().outcomes.failed).toBe(0)
  } finally {
    socket.close()
  }
})
