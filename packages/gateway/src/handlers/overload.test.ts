import { Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { SlowServer, askFrom } from '../abuse/clients.test-support.ts'
import { explanations } from '../asking.test-support.ts'
import { type InProcess, UPSTREAM, gatewayInProcess } from '../in-process.test-support.ts'

type Reply = Awaited<ReturnType<typeof askFrom>>

/** A gateway whose upstream answers once the test says so. */
function start(pendingQueries: number): InProcess & { readonly slow: SlowServer } {
  const slow = new SlowServer()
  const gateway = gatewayInProcess({
    upstreams: [UPSTREAM],
    limits: {
      pendingQueries,
      upstreamExchanges: 10_000,
      clientResponses: 1_000_000,
      clientLookups: 1_000_000,
    },
  })
  gateway.servers.add(UPSTREAM, slow.server)
  return { ...gateway, slow }
}

interface Ask {
  readonly from: string
  readonly below: string
  readonly count: number
  readonly transport?: 'udp' | 'tcp'
  /** Every question from another socket. */
  readonly sockets?: boolean
}

/** What is shed at once; the rest waits. */
async function shedOf(
  gateway: InProcess,
  { from, below, count, transport = 'tcp', sockets }: Ask,
): Promise<Reply[]> {
  const shed: Reply[] = []
  const asked = Array.from({ length: count }, async (_, n) => {
    const name = `r${n}-${from.replaceAll(/[.:]/g, '-')}.${below}`
    const port = sockets === true ? 2000 + n : 1024
    shed.push(await askFrom(gateway.service, from, name, { transport, port }))
  })
  await Promise.race([Promise.all(asked), settled()])
  return [...shed]
}

// All that is decided without the network is decided within a few turns.
async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise(setImmediate)
}

const others = (n: number): string => `example${n}.net`

test('one client has half of what may wait, and hears why it has no more; the next one gets in', async () => {
  const gateway = start(100)
  let shed: Reply[] = []
  for (let n = 0; n < 80; n++)
    shed = shed.concat(await shedOf(gateway, { from: '192.0.2.1', below: others(n), count: 1 }))
  expect(gateway.slow.asked).toBe(50)
  expect(shed).toHaveLength(30)
  expect(shed[0]?.rcode).toBe(Rcode.SERVFAIL)
  expect(explanations(shed[0]!)).toEqual([
    '14 too much is being looked up for this client; ask again in a moment',
  ])
  expect(await shedOf(gateway, { from: '192.0.2.2', below: others(1), count: 1 })).toEqual([])
  expect(gateway.protection.counters.read()).toMatchObject({ 'client-share': 30, 'domain-share': 0, full: 0 })
})

test('made-up names below one domain, from ever so many clients, leave room for other domains', async () => {
  const gateway = start(90)
  for (let n = 1; n <= 200; n++)
    await shedOf(gateway, { from: `198.51.100.${n}`, below: 'victim.example.com', count: 1 })
  expect(gateway.slow.asked).toBe(30)
  for (const [below, isShed] of [
    ['victim.example.com', true],
    ['www.example.net', false],
    ['sister.example.com', false],
  ] as const) {
    const shed = await shedOf(gateway, { from: '192.0.2.1', below, count: 1 })
    expect([below, shed.length]).toEqual([below, isShed ? 1 : 0])
  }
  const [reply] = await shedOf(gateway, { from: '192.0.2.2', below: 'victim.example.com', count: 1 })
  expect(explanations(reply!)).toEqual([
    '14 too many names below this domain are being looked up; ask again in a moment',
  ])
})

test('names with several made-up labels are bounded by the domain that they are in', async () => {
  const gateway = start(90)
  for (let n = 1; n <= 200; n++)
    await shedOf(gateway, { from: `198.51.100.${n}`, below: `made${n}.up${n}.example.com`, count: 1 })
  expect(gateway.slow.asked).toBe(45)
  expect(await shedOf(gateway, { from: '192.0.2.1', below: 'www.example.net', count: 1 })).toEqual([])
})

test('all who may be somebody else have half, and those who are in want of it are asked to show their address', async () => {
  const gateway = start(100)
  for (let n = 1; n <= 200; n++)
    await shedOf(gateway, { from: `198.51.100.${n}`, below: others(n), count: 1, transport: 'udp' })
  expect(gateway.slow.asked).toBe(50)
  const [over] = await shedOf(gateway, { from: '192.0.2.1', below: others(500), count: 1, transport: 'udp' })
  expect(over).toMatchObject({ truncated: true, rcode: Rcode.NOERROR })
  expect(await shedOf(gateway, { from: '192.0.2.1', below: others(500), count: 1 })).toEqual([])
})

test('one socket of this machine has a third, so that another program on it gets in', async () => {
  const gateway = start(90)
  for (let n = 0; n < 200; n++) await shedOf(gateway, { from: '127.0.0.1', below: others(n), count: 1 })
  expect(gateway.slow.asked).toBe(30)
  const other = { from: '127.0.0.1', below: others(500), count: 2, sockets: true }
  expect(await shedOf(gateway, other)).toEqual([])
})

test('names of zones count for their zone, and zones all together for the suffix', async () => {
  const gateway = start(90)
  const zone = await gateway.zones.publish(1, 'www A 192.0.2.1\n')
  gateway.zones.silent.add(zone)
  const below = `${zone}.signpost.internal`
  for (let n = 1; n <= 200; n++) await shedOf(gateway, { from: `198.51.100.${n}`, below, count: 1 })
  expect(gateway.protection.counters.read()['domain-share']).toBe(170)
  expect(await shedOf(gateway, { from: '192.0.2.1', below: 'www.example.net', count: 1 })).toEqual([])
})

test('what is known is answered however much waits, and what was shed is asked again and found', async () => {
  const gateway = start(2)
  gateway.slow.answerAll()
  const known = (): Promise<Reply> => askFrom(gateway.service, '192.0.2.9', 'known.example.org')
  await known()
  const stuck = new SlowServer()
  gateway.servers.add(UPSTREAM, stuck.server)
  const waiting = [1, 2].map(n => askFrom(gateway.service, `192.0.2.${n}`, others(n), { transport: 'tcp' }))
  await settled()
  const [full] = await shedOf(gateway, { from: '192.0.2.3', below: others(3), count: 1 })
  expect(explanations(full!)).toEqual(['14 2 lookups are under way; ask again in a moment'])
  expect((await known())?.answers).toHaveLength(1)
  stuck.answerAll()
  await Promise.all(waiting)
  expect(
    (await askFrom(gateway.service, '192.0.2.3', others(3), { transport: 'tcp' }))?.answers,
  ).toHaveLength(1)
})

test('far over what can be done, even saying so over UDP ends; over TCP it does not', async () => {
  const gateway = start(1)
  await shedOf(gateway, { from: '192.0.2.1', below: others(1), count: 1 })
  const from = '192.0.2.2'
  const shed = await shedOf(gateway, { from, below: others(2), count: 50, transport: 'udp' })
  expect(shed.filter(reply => reply !== undefined)).toHaveLength(5)
  expect(await shedOf(gateway, { from, below: others(2), count: 20 })).not.toContain(undefined)
})

test('a question that is answered at once gives its place back', async () => {
  const gateway = start(1)
  for (let n = 0; n < 3; n++)
    expect((await askFrom(gateway.service, '192.0.2.1', `${n}.nobody.signpost.internal`))?.rcode).toBe(
      Rcode.NXDOMAIN,
    )
})

test('a question that ends in an error gives its place back', async () => {
  const gateway = start(1)
  gateway.servers.add(UPSTREAM, () => {
    throw new Error('a bug')
  })
  for (let n = 0; n < 3; n++)
    expect((await askFrom(gateway.service, '192.0.2.1', others(n), { transport: 'tcp' }))?.rcode).toBe(
      Rcode.SERVFAIL,
    )
  expect(gateway.errors).toHaveLength(3)
})
