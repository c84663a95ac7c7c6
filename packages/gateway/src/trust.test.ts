import { type Message, Rcode } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explanations, lines, plainEdns } from './asking.test-support.ts'
import { type Entry, entryOf, isForwarded } from './cache/entry.ts'
import { lifetimeOf } from './cache/lifetime.ts'
import { decodeEntry, encodeEntry } from './cache/store/entry-codec.ts'
import { type InProcess, UPSTREAM, gatewayInProcess, recursiveServer } from './in-process.test-support.ts'
import { limitsWith } from './limits.ts'
import { idOf } from './zones.test-support.ts'

// Addresses say whose word they are: owners have 192.0.2.x, with their version, and upstreams 198.51.100.x.
const SUFFIX = `${idOf(1)}.signpost.internal.`
const UPSTREAM_RECORDS = recursiveServer(`www.example. 40 IN A 198.51.100.1
into.example. 40 IN CNAME www.${SUFFIX}
www.${SUFFIX} 40 IN A 198.51.100.66
`)
const QUESTIONS: Readonly<
  Record<
    string,
    { readonly authoritative: boolean; readonly verified: boolean; readonly last: 'owner' | 'upstream' }
  >
> = {
  [`www.${SUFFIX}`]: { authoritative: true, verified: true, last: 'owner' },
  [`out.${SUFFIX}`]: { authoritative: true, verified: false, last: 'upstream' },
  'www.example.': { authoritative: false, verified: false, last: 'upstream' },
  'into.example.': { authoritative: false, verified: false, last: 'owner' },
}
const NAMES = Object.keys(QUESTIONS)

async function publish(gateway: InProcess, version: number): Promise<void> {
  const text = `$TTL 60\nwww A 192.0.2.${version}\nout CNAME www.example.\n`
  gateway.cache.forget(await gateway.zones.publish(1, text, { sequence: version }))
}

/** Notes what would be on disk, in octets, and gives it back to an empty cache. */
function disk(gateway: InProcess): { restart: () => void } {
  const limits = limitsWith()
  const kept = new Map<string, Uint8Array>()
  gateway.cache.listener = {
    stored: (key: string, { outcome, storedAt }: Entry) => {
      if (isForwarded(outcome)) kept.set(key, encodeEntry(key, { found: outcome, storedAt }))
    },
    removed: key => kept.delete(key),
    dropped: () => {},
  }
  return {
    restart: () => {
      const before = new Map(kept)
      gateway.cache.clear()
      for (const [key, octets] of before) {
        const { found, storedAt } = decodeEntry(key, octets)!
        gateway.cache.restore(
          key,
          entryOf(found, lifetimeOf(found, limits), storedAt, limits),
          gateway.zones.now,
        )
        kept.set(key, octets)
      }
    },
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      name: fc.constantFrom(...NAMES),
      dnssecOk: fc.boolean(),
      authenticData: fc.boolean(),
      checkingDisabled: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 80 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('up', 'down', 'publish', 'restart', 'forget') }),
  },
)

test('whatever happens, an upstream’s word never passes for an owner’s, nor an old version for the present one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
      const { restart } = disk(gateway)
      let isUp = true
      let version = 1
      gateway.servers.add(UPSTREAM, request => (isUp ? UPSTREAM_RECORDS(request) : undefined))
      await publish(gateway, version)
      for (const taken of steps) {
        if ('seconds' in taken) gateway.zones.now += taken.seconds * 1000
        else if (taken.kind === 'up' || taken.kind === 'down') isUp = taken.kind === 'up'
        else if (taken.kind === 'publish') await publish(gateway, ++version)
        else if (taken.kind === 'restart') restart()
        else if (taken.kind === 'forget') gateway.cache.forget()
        else if ('name' in taken) {
          const { name, dnssecOk, authenticData, checkingDisabled } = taken
          const flags: Partial<Message> = {
            authenticData,
            checkingDisabled,
            edns: { ...plainEdns, dnssecOk },
          }
          check(name, await gateway.ask(name, 'A', flags), dnssecOk || authenticData, version)
        }
      }
      expect(gateway.errors).toEqual([])
    }),
    { numRuns: 60 },
  )
}, 60_000)

function check(name: string, reply: Message, wantsProof: boolean, version: number): void {
  const expected = QUESTIONS[name]!
  if (reply.rcode !== Rcode.NOERROR) {
    expect(reply).toMatchObject({ rcode: Rcode.SERVFAIL, authoritative: false, authenticData: false })
    // Nothing but upstreams is ever out of reach here.
    expect(name).not.toBe(`www.${SUFFIX}`)
    return
  }
  expect(reply.authoritative).toBe(expected.authoritative)
  expect(reply.authenticData).toBe(expected.verified && wantsProof)
  const printed = lines(reply.answers)
  expect(printed.at(-1)?.split(' ').at(-1)).toBe(
    expected.last === 'owner' ? `192.0.2.${version}` : '198.51.100.1',
  )
  const isStale = explanations(reply).some(text => text.startsWith('3 '))
  for (const { ttl } of reply.answers) expect(ttl).toBeLessThanOrEqual(isStale ? 30 : 60)
  if (isStale) expect(reply.answers.some(({ ttl }) => ttl === 30)).toBe(true)
}
