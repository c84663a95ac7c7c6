import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  EdnsOptionCode,
  RrClass,
  RrType,
  createQuery,
  decodeHeader,
  decodeMessage,
  encodeMessage,
  parseName,
} from '@signpost/dns'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Daemon } from '../../packages/cli/src/signpost-process.test-support.ts'
import { type At, endpoint } from './dig.ts'
import { ProcessNetwork, examples } from './network.ts'

const PACKETS = 100_000
/** In flight at once: small enough that the kernel drops none. */
const WINDOW = 64

let network: ProcessNetwork
let gateway: Daemon
let at: At
let zoneId: string

beforeAll(async () => {
  network = await ProcessNetwork.start(1)
  const { sandbox, join: network_ } = await network.member()
  await sandbox.signpost(['key', 'new', 'owner'])
  const published = await sandbox.signpost([
    'publish',
    join(examples, 'hello.zone'),
    '--key',
    'owner',
    '--json',
    ...network_,
  ])
  zoneId = JSON.parse(published.stdout).zoneId
  gateway = await sandbox.daemon(['gateway', '--dns', '127.0.0.1:0', ...network_])
  at = endpoint(gateway.ready.dns[0] as string)
})

afterAll(async () => {
  await network[Symbol.asyncDispose]()
})

/** Numbers from a seed, so that a failure can be run again (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function query(id: number, name: string, type: number = RrType.A): Uint8Array {
  const cookie = { code: EdnsOptionCode.COOKIE, data: new Uint8Array(8) }
  const edns = { payloadSize: 1232, version: 0, dnssecOk: false, flags: 0, options: [cookie] }
  return encodeMessage(createQuery({ name: parseName(name), type, class: RrClass.IN }, { id, edns }))
}

/** A query with a few octets changed, cut off, or put in; the ID stays, so that a reply is known by it. */
function mutated(id: number, random: (below: number) => number): Uint8Array {
  const types = [RrType.A, RrType.TXT, RrType.ANY, RrType.HTTPS, 65_280]
  const bytes = [...query(id, `www.${zoneId}.signpost.internal.`, types[random(types.length)])]
  for (let change = 0; change <= random(6); change++) {
    const place = 2 + random(bytes.length - 2)
    const kind = random(10)
    if (kind < 6) bytes[place] = random(256)
    else if (kind < 8) bytes.length = Math.max(2, place)
    else bytes.splice(place, 0, ...Array.from({ length: random(40) }, () => random(256)))
    if (bytes.length < 4) break
  }
  return Uint8Array.from(bytes)
}

/** RFC 1035 has nothing to reply to what is too short for a header, and a response is never replied to. */
function isSilent(packet: Uint8Array): boolean {
  return packet.length < 12 || decodeHeader(packet).response
}

test(`the gateway replies to every one of ${PACKETS} mutated packets that wants a reply, and goes on`, async () => {
  const seed = Date.now() >>> 0
  const random = randomFrom(seed)
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const waiting = new Map<number, () => void>()
  const rcodes = new Map<number, number>()
  socket.on('message', reply => {
    // Whatever was asked, what comes back is a whole message.
    const message = decodeMessage(reply)
    rcodes.set(message.rcode, (rcodes.get(message.rcode) ?? 0) + 1)
    waiting.get(message.id)?.()
  })
  let silent = 0
  const one = async (id: number): Promise<void> => {
    const packet = mutated(id, random)
    const expected = !isSilent(packet)
    if (!expected) silent++
    const replied = expected && new Promise<void>(resolve => waiting.set(id, resolve))
    socket.send(packet, at.port, at.host)
    if (!replied) return
    await replied
    waiting.delete(id)
  }
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < PACKETS) await one(next++ & 0xffff)
  }
  try {
    await Promise.all(Array.from({ length: WINDOW }, lane))
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error })
  } finally {
    socket.close()
  }
  const replies = [...rcodes.values()].reduce((sum, count) => sum + count, 0)
  expect(replies + silent, `seed ${seed}`).toBe(PACKETS)
  // Answers, FORMERR, NXDOMAIN, NOTIMP and REFUSED all come up; none of them is the only one.
  expect([...rcodes.keys()], `seed ${seed}`).toEqual(expect.arrayContaining([0, 1, 3, 4, 5]))
  expect(await stillResolves()).toBe(true)
})

test('garbage over TCP closes that connection at most', async () => {
  const random = randomFrom(Date.now() >>> 0)
  for (let n = 0; n < 200; n++) {
    const socket = connect(at.port, at.host)
    socket.on('error', () => {})
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.end(Uint8Array.from({ length: random(300) }, () => random(256)))
    socket.resume()
    await closed
  }
  expect(await stillResolves()).toBe(true)
})

async function stillResolves(): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    const reply = new Promise<Uint8Array>(resolve => socket.once('message', resolve))
    socket.send(query(7, `www.${zoneId}.signpost.internal.`), at.port, at.host)
    const { id, rcode, answers } = decodeMessage(await reply)
    return id === 7 && rcode === 0 && answers[0]?.type === RrType.A
  } finally {
    socket.close()
  }
}
