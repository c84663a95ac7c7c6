import { Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { askFrom, cookieOf, withCookie } from '../abuse/clients.test-support.ts'
import { BURST_SECONDS } from '../abuse/rate-meters.ts'
import { explanations } from '../asking.test-support.ts'
import { type InProcess, UPSTREAM, gatewayInProcess, recursiveServer } from '../in-process.test-support.ts'
import type { Limits } from '../limits.ts'

const KNOWN = 'www.example.com'
const CLIENT = '198.51.100.7'
const RATE = 10
const BURST = RATE * BURST_SECONDS

/** Without limits on responses, which are tested apart. */
function start(limits: Partial<Limits>, unlimited?: string[]): InProcess {
  const gateway = gatewayInProcess({
    upstreams: [UPSTREAM],
    limits: { clientResponses: 1_000_000, ...limits },
    ...(unlimited && { protection: { unlimited } }),
  })
  gateway.servers.add(UPSTREAM, recursiveServer(`${KNOWN}. 3600 A 192.0.2.1\n`))
  return gateway
}

async function askMany(
  { service }: InProcess,
  count: number,
  address = CLIENT,
  changes = {},
): Promise<string[]> {
  const results: string[] = []
  for (let n = 0; n < count; n++) {
    const reply = await askFrom(service, address, KNOWN, changes)
    results.push(reply === undefined ? 'silence' : reply.truncated ? 'TC' : String(reply.rcode))
  }
  return results
}

async function askNew(
  { service }: InProcess,
  count: number,
  address = CLIENT,
  changes = {},
): Promise<string[]> {
  const results: string[] = []
  for (let n = 0; n < count; n++) {
    const reply = await askFrom(service, address, `n${n}.example.com`, changes)
    results.push(reply === undefined ? 'silence' : reply.truncated ? 'TC' : String(reply.rcode))
  }
  return results
}

test('a client over its rate over UDP is asked to show its address or hears nothing, and others go on', async () => {
  const gateway = start({ clientQueries: RATE })
  expect(await askMany(gateway, BURST)).toEqual(Array(BURST).fill('0'))
  expect(await askMany(gateway, 4)).toEqual(['TC', 'silence', 'TC', 'silence'])
  expect(await askMany(gateway, 1, '198.51.100.8')).toEqual(['0'])
  expect(gateway.protection.counters.read()['query-rate']).toBe(4)
  gateway.zones.now += 1000
  expect(await askMany(gateway, RATE + 1)).toEqual([...Array(RATE).fill('0'), 'TC'])
})

test('whoever floods in the guise of a client takes nothing from the client over TCP or with a cookie', async () => {
  const gateway = start({ clientQueries: RATE })
  const client = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  await askMany(gateway, BURST + 1)
  expect(await askMany(gateway, 1, CLIENT, { transport: 'tcp' })).toEqual(['0'])
  // The first of two is met with silence.
  await askMany(gateway, 1, CLIENT, withCookie(client))
  const asked = await askFrom(gateway.service, CLIENT, KNOWN, withCookie(client))
  expect(asked?.rcode).toBe(Rcode.BADCOOKIE)
  expect(await askMany(gateway, 5, CLIENT, withCookie(client, cookieOf(asked)))).toEqual(Array(5).fill('0'))
  expect(await askMany(gateway, 2, CLIENT)).toContain('TC')
})

test('a client that is over its rate though its address is proven is refused, and hears why', async () => {
  const gateway = start({ clientQueries: RATE })
  for (const transport of ['tcp', 'tls', 'https'] as const) {
    const address = `198.51.100.${transport.length}${transport === 'tls' ? 1 : 2}`
    await askMany(gateway, BURST, address, { transport })
    const refused = await askFrom(gateway.service, address, KNOWN, { transport })
    expect(refused?.rcode).toBe(Rcode.REFUSED)
    expect(explanations(refused!)).toEqual([
      '18 this client asks more than 10 questions a second; ask again in a moment',
    ])
  }
})

test('all addresses of one network in IPv6 are one client', async () => {
  const gateway = start({ clientQueries: RATE })
  for (let n = 0; n < BURST; n++) await askMany(gateway, 1, `2001:db8:0:${n.toString(16)}::1`)
  expect(await askMany(gateway, 1, '2001:db8:0:ff::2')).toEqual(['TC'])
  expect(await askMany(gateway, 1, '2001:db8:0:100::2')).toEqual(['0'])
})

test('names that are not known have a rate of their own, and what is known is answered beyond it', async () => {
  const gateway = start({ clientLookups: RATE })
  await askMany(gateway, 1)
  expect(await askNew(gateway, BURST - 1)).toEqual(Array(BURST - 1).fill('3'))
  gateway.cache.clear()
  await askMany(gateway, 1, '203.0.113.1')
  expect(await askNew(gateway, 2)).toEqual(['TC', 'silence'])
  expect(await askMany(gateway, 100)).toEqual(Array(100).fill('0'))
  expect(await askNew(gateway, 1, '203.0.113.1')).toEqual(['3'])
  expect(await askNew(gateway, 1, CLIENT, { transport: 'tcp' })).toEqual(['3'])
  expect(gateway.protection.counters.read()).toMatchObject({ 'query-rate': 0, 'lookup-rate': 2 })
})

test('a proven client over its rate of lookups is refused for the new name alone', async () => {
  const gateway = start({ clientLookups: RATE })
  const over = { transport: 'tcp' } as const
  await askNew(gateway, BURST, CLIENT, over)
  gateway.cache.clear()
  const refused = await askFrom(gateway.service, CLIENT, 'more.example.com', over)
  expect(refused?.rcode).toBe(Rcode.REFUSED)
  expect(explanations(refused!)[0]).toMatch(/^18 this client asks for more than 10 new names a second/)
  // Nothing of it was kept: whoever may ask gets the answer.
  expect((await askFrom(gateway.service, '203.0.113.1', 'more.example.com', over))?.rcode).toBe(
    Rcode.NXDOMAIN,
  )
})

test('names behind an alias count for whoever asked, who pays for them next', async () => {
  const gateway = start({ clientLookups: 1 })
  const zone = await gateway.zones.publish(1, 'a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne A 192.0.2.1\n')
  const over = { transport: 'tcp' } as const
  const chain = await askFrom(gateway.service, CLIENT, `a.${zone}.signpost.internal`, over)
  expect(chain?.answers).toHaveLength(5)
  expect(await askNew(gateway, 1, CLIENT, over)).toEqual(['5'])
})

test('names behind an alias are no questions of their own', async () => {
  const gateway = start({ clientQueries: 1 })
  const zone = await gateway.zones.publish(1, 'a CNAME b\nb CNAME c\nc A 192.0.2.1\n')
  for (let n = 0; n < BURST_SECONDS; n++) {
    gateway.cache.clear()
    const chain = await askFrom(gateway.service, CLIENT, `a.${zone}.signpost.internal`, { transport: 'tcp' })
    expect(chain?.answers).toHaveLength(3)
  }
})

test('this machine has no rates by default, and has them where it is not on the list of the unlimited', async () => {
  const limits = { clientQueries: RATE, clientLookups: RATE }
  expect(new Set(await askMany(start(limits), 200, '127.0.0.1'))).toEqual(new Set(['0']))
  expect(new Set(await askNew(start(limits), 200, '127.0.0.1'))).toEqual(new Set(['3']))
  expect(await askMany(start(limits, ['198.51.100.0/24']), BURST + 1, '127.0.0.1')).toContain('TC')
  expect(await askMany(start(limits, ['198.51.100.0/24']), BURST + 1)).not.toContain('TC')
})

test('replies that are the same to one network are limited over UDP, and those to proven addresses never', async () => {
  const gateway = start({ clientResponses: 5 })
  const [some, others] = ['198.51.100.1', '198.51.100.2']
  expect(await askMany(gateway, 3, some)).toEqual(['0', '0', '0'])
  expect(await askMany(gateway, 6, others)).toEqual(['0', '0', 'TC', 'silence', 'TC', 'silence'])
  expect(await askMany(gateway, 1, '203.0.113.1')).toEqual(['0'])
  expect(await askMany(gateway, 20, some, { transport: 'tcp' })).toEqual(Array(20).fill('0'))
  expect(await askMany(gateway, 20, '127.0.0.1')).toEqual(Array(20).fill('0'))
  const client = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const cookie = cookieOf(
    await askFrom(gateway.service, some, KNOWN, { transport: 'tcp', ...withCookie(client) }),
  )
  expect(await askMany(gateway, 20, some, withCookie(client, cookie))).toEqual(Array(20).fill('0'))
  expect(gateway.protection.counters.read()['response-rate']).toBe(4)
})

test('a neighbour who asks all the time silences no name for others in a network of the user', async () => {
  const gateway = start({ clientResponses: 5 })
  await askMany(gateway, 40, '192.168.1.2')
  await askNew(gateway, 40, '192.168.1.2')
  expect(await askMany(gateway, 5, '192.168.1.3')).toEqual(Array(5).fill('0'))
  expect(await askNew(gateway, 5, '192.168.1.3')).toEqual(Array(5).fill('3'))
})

test('denials of names that do not exist are limited together, whatever the names', async () => {
  const gateway = start({ clientResponses: 5 })
  const results = await askNew(gateway, 20)
  expect(results.slice(0, 5)).toEqual(Array(5).fill('3'))
  expect(results.slice(5)).not.toContain('3')
})

test('what could not be read is refused no more often than other errors, and then with silence', async () => {
  const gateway = start({ clientResponses: 5 })
  const packet = new Uint8Array(12)
  const replies: unknown[] = []
  for (let n = 0; n < 20; n++)
    replies.push(await gateway.service(packet, 'udp', { address: CLIENT, port: 40_000 }))
  expect(replies.filter(reply => reply !== undefined)).toHaveLength(5)
})
