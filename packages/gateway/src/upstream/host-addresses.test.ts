import { parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { respond } from '../in-process.test-support.ts'
import type { AskResult } from './ask.ts'
import { type FoundAddresses, HostAddresses, lookUpThrough } from './host-addresses.ts'
import { requestFor } from './inquiry.ts'
import { parseUpstream } from './upstream.ts'

const HOST = 'dns.example'

/** Addresses of one host, as the test says, and a clock. */
class Bench {
  now = 0
  lookups = 0
  answer: FoundAddresses | undefined = { addresses: ['192.0.2.1', '192.0.2.2'], ttl: 300 }
  readonly hosts = new HostAddresses(
    () => {
      this.lookups++
      return Promise.resolve(this.answer)
    },
    () => this.now,
  )

  async find(): Promise<readonly string[]> {
    const addresses = await this.hosts.addressesOf(HOST)
    // What is done behind that is done then, too.
    await new Promise(setImmediate)
    return addresses
  }
}

test('what is known is not looked up again until its TTL is over, and then behind the answer', async () => {
  const bench = new Bench()
  expect(await bench.find()).toEqual(['192.0.2.1', '192.0.2.2'])
  bench.now = 299_000
  await bench.find()
  expect(bench.lookups).toBe(1)
  bench.now = 300_000
  bench.answer = { addresses: ['192.0.2.3'], ttl: 300 }
  expect(await bench.find()).toEqual(['192.0.2.1', '192.0.2.2'])
  expect(await bench.find()).toEqual(['192.0.2.3'])
  expect(bench.lookups).toBe(2)
})

test('where the lookup fails, the old addresses stay', async () => {
  const bench = new Bench()
  await bench.find()
  bench.answer = undefined
  for (let n = 0; n < 5; n++) {
    bench.now += 400_000
    expect(await bench.find()).toEqual(['192.0.2.1', '192.0.2.2'])
  }
  expect(bench.lookups).toBe(6)
})

test('many who ask at the same time make one lookup; one that found nothing is not repeated at once', async () => {
  const bench = new Bench()
  bench.answer = undefined
  expect(await Promise.all([bench.find(), bench.find(), bench.find()])).toEqual([[], [], []])
  await bench.find()
  expect(bench.lookups).toBe(1)
  bench.now = 1000
  bench.answer = { addresses: ['192.0.2.1'], ttl: 300 }
  expect(await bench.find()).toEqual(['192.0.2.1'])
})

test('an address at which nobody answers goes behind the others, and the host is looked up again, not all the time', async () => {
  const bench = new Bench()
  await bench.find()
  bench.hosts.doubt(HOST)
  expect(await bench.find()).toEqual(['192.0.2.2', '192.0.2.1'])
  expect(bench.lookups).toBe(1)
  bench.now = 10_000
  expect(await bench.find()).toEqual(['192.0.2.2', '192.0.2.1'])
  expect(bench.lookups).toBe(2)
  // The same addresses in another order are no news.
  expect(await bench.find()).toEqual(['192.0.2.2', '192.0.2.1'])
  bench.hosts.doubt('other.example')
})

test('a TTL of nothing does not mean a lookup each time, and one without end not for ever', async () => {
  const bench = new Bench()
  bench.answer = { addresses: ['192.0.2.1'], ttl: 0 }
  await bench.find()
  bench.now = 59_000
  await bench.find()
  expect(bench.lookups).toBe(1)
  bench.answer = { addresses: ['192.0.2.1'], ttl: 2 ** 31 - 1 }
  bench.now = 60_000
  await bench.find()
  bench.now += 86_400_000
  await bench.find()
  expect(bench.lookups).toBe(3)
})

test('bootstrap servers are asked for addresses of both kinds, behind aliases too', async () => {
  const bootstrap = [parseUpstream('192.0.2.53', 'x')]
  const asked: string[] = []
  const lookUp = lookUpThrough(bootstrap, (servers, inquiry): Promise<AskResult> => {
    expect(servers).toBe(bootstrap)
    const { name, type } = inquiry.question
    asked.push(`${name.toString()} ${type}`)
    const records =
      type === 1
        ? 'dns.example. 60 CNAME x.example.\nx.example. 40 A 192.0.2.1\nx.example. 40 A 192.0.2.2'
        : 'dns.example. 60 AAAA 2001:db8::1\nother.example. AAAA 2001:db8::66'
    return Promise.resolve({
      kind: 'reply',
      server: bootstrap[0]!,
      message: respond(requestFor(inquiry, 1, false), { answers: records }),
    })
  })
  expect(await lookUp(HOST)).toEqual({ addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'], ttl: 40 })
  expect(asked).toEqual(['dns.example. 1', 'dns.example. 28'])
  expect(parseName(HOST).labelCount).toBe(2)
})

test('a host that the bootstrap servers do not know has no addresses', async () => {
  const answers: AskResult[] = [{ kind: 'failed', reason: 'x', extendedErrors: [] }, { kind: 'overloaded' }]
  expect(await lookUpThrough([], () => Promise.resolve(answers.pop()!))(HOST)).toBeUndefined()
})
