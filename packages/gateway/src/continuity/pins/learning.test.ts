import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rcode, parseName } from '@signpost/dns'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { respond } from '../../in-process.test-support.ts'
import { type ContinuityStore, openContinuityStore } from '../continuity-store.ts'
import { ModelZone, recordsIn } from '../dnssec/model.test-support.ts'
import { DAY, EVIL, LASTING, MINUTE, NEW, OLD, PinWorld } from './world.test-support.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const SIGNED = '_signpost.signed.com.'
const PLAIN = '_signpost.plain.com.'
const signed = (zoneId: string) => ({ domain: 'signed.com', zoneId, by: 'dnssec' }) as const
const plain = (zoneId: string) => ({ domain: 'plain.com', zoneId, by: 'first-use' }) as const
const once = (zoneId: string) => ({ ...plain(zoneId), isWaiting: true }) as const

/** A world in which both domains are pinned to their owner's zone. */
async function pinned(options: ConstructorParameters<typeof PinWorld>[0] = {}): Promise<PinWorld> {
  const world = new PinWorld(options)
  world.pin('signed.com', OLD)
  world.pin('plain.com', OLD)
  await world.use('www.signed.com')
  await world.use('www.plain.com')
  await world.pass(10 * MINUTE)
  expect(world.pins).toEqual([plain(OLD), signed(OLD)])
  return world
}

/** A day later, when a domain is looked at again. */
async function nextDay(world: PinWorld, name: string): Promise<void> {
  await world.pass(DAY)
  await world.use(name)
}

describe('pins are learned behind answers', () => {
  test('that of a signed domain at once, by DNSSEC', async () => {
    const world = new PinWorld()
    world.pin('signed.com', OLD)
    await world.use('www.signed.com')
    expect(world.pins).toEqual([signed(OLD)])
    expect(world.gateway.errors).toEqual([])
  })

  test('that of an unsigned domain once it is seen again after a while, for which nobody has to ask', async () => {
    const world = new PinWorld()
    world.pin('plain.com', OLD)
    await world.use('www.plain.com')
    expect(world.pins).toEqual([once(OLD)])
    await world.pass(9 * MINUTE)
    expect(world.pins).toEqual([once(OLD)])
    await world.pass(MINUTE)
    expect(world.pins).toEqual([plain(OLD)])
  })

  test('with one question a day for a domain that has none, and none for other names of it', async () => {
    const world = new PinWorld()
    for (const name of ['www.plain.com', 'www.plain.com', 'www.signed.com']) await world.use(name)
    world.say('mail.plain.com.', 'A', { answers: recordsIn('mail.plain.com. 60 A 93.184.216.35') })
    await world.use('mail.plain.com')
    expect(world.sent(PLAIN, 'TXT')).toBe(1)
    expect(world.sent('plain.com.', 'DS')).toBe(0)
    await world.pass(DAY - 1000)
    await world.use('www.plain.com')
    expect(world.sent(PLAIN, 'TXT')).toBe(1)
    await world.pass(1000)
    await world.use('www.plain.com')
    expect(world.sent(PLAIN, 'TXT')).toBe(2)
    expect(world.pins).toEqual([])
  })

  test('and not of names that do not exist, that fail, or that nobody registered', async () => {
    const world = new PinWorld()
    world.say('www.corp.internal.', 'A', { answers: recordsIn('www.corp.internal. 60 A 93.184.216.35') })
    for (const name of ['none.plain.com', 'www.corp.internal']) await world.use(name)
    world.outage = request => ({ ...respond(request), rcode: Rcode.SERVFAIL })
    await world.use('www.plain.com')
    expect(world.gateway.servers.sent.filter(line => line.includes('_signpost'))).toEqual([])
  })

  test('and not where the user wants none', async () => {
    const world = new PinWorld({ pins: { pins: false } })
    world.pin('signed.com', OLD)
    await world.use('www.signed.com')
    expect(world.pins).toEqual([])
    expect(world.sent(SIGNED, 'TXT')).toBe(0)
  })

  test('and where a domain names two zones, neither', async () => {
    const world = new PinWorld()
    world.pin('signed.com', OLD, NEW)
    world.pin('plain.com', OLD, NEW)
    await world.use('www.signed.com')
    await world.use('www.plain.com')
    await world.pass(10 * MINUTE)
    expect(world.pins).toEqual([])
  })

  test('and their zones are asked for at once, and every day that their names are', async () => {
    const world = await pinned()
    const asked = (): number => world.gateway.zones.asked.filter(zoneId => zoneId === OLD).length
    expect(asked()).toBe(1)
    await world.use('www.plain.com')
    expect(asked()).toBe(1)
    await nextDay(world, 'www.plain.com')
    expect(asked()).toBe(2)
  })

  test('four at a time, and no more than some hundreds wait', async () => {
    const world = new PinWorld()
    const gate = Promise.withResolvers<undefined>()
    const begun = new Set<string>()
    world.outage = async request => {
      const name = request.questions[0]?.name.toString().toLowerCase() ?? ''
      if (!name.startsWith('_signpost'))
        return { ...respond(request), answers: recordsIn(`${name} 60 A 93.184.216.3`) }
      begun.add(name)
      return gate.promise
    }
    for (let n = 0; n < 300; n++) await world.ask(`www.d${n}.com`)
    expect(begun.size).toBe(4)
    gate.resolve(undefined)
    await world.settle()
    expect(begun.size).toBe(204)
    // Those for which there was no room have another chance with the next question.
    world.gateway.cache.clear()
    await world.ask('www.d299.com')
    await world.settle()
    expect(begun.size).toBe(205)
  })
})

describe('a known pin', () => {
  test('of a signed domain changes and goes by DNSSEC', async () => {
    const world = await pinned()
    world.pin('signed.com', NEW)
    await nextDay(world, 'www.signed.com')
    expect(world.pins).toEqual([plain(OLD), signed(NEW)])
    world.pin('signed.com')
    await nextDay(world, 'www.signed.com')
    expect(world.pins).toEqual([plain(OLD)])
  })

  test('of an unsigned domain changes where the old zone says so too, and else waits for the user', async () => {
    const world = await pinned()
    world.pin('plain.com', NEW)
    await nextDay(world, 'www.plain.com')
    const [conflicting] = world.pins
    expect(conflicting).toMatchObject({ ...plain(OLD), conflict: { zoneId: NEW } })
    expect(world.gateway.owners.stats()).toEqual({
      pins: { dnssec: 1, 'first-use': 1, user: 0 },
      waiting: 0,
      conflicts: 1,
    })
    await world.publish(1, `_signpost TXT "zone=${NEW}"\nwww A 93.184.216.7\n`)
    await nextDay(world, 'www.plain.com')
    expect(world.pins).toEqual([plain(NEW), signed(OLD)])
  })

  test('of an unsigned domain stays where the record is gone', async () => {
    const world = await pinned()
    world.pin('plain.com')
    await nextDay(world, 'www.plain.com')
    expect(world.pins).toEqual([plain(OLD), signed(OLD)])
  })

  test('that DNSSEC proved stays where the domain is unsigned later on, whatever it says then', async () => {
    const world = await pinned()
    world.say('signed.com.', 'DS', {
      authorities: world.com.nsec('signed.com.', 'test.com.', ['NS', 'NSEC'], LASTING),
    })
    world.say(SIGNED, 'TXT', { answers: recordsIn(`${SIGNED} TXT "zone=${NEW}"`) })
    await nextDay(world, 'www.signed.com')
    expect(world.pins[1]).toMatchObject({ ...signed(OLD), conflict: { zoneId: NEW } })
    world.say(SIGNED, 'TXT', { rcode: Rcode.NXDOMAIN })
    await nextDay(world, 'www.signed.com')
    expect(world.pins[1]).toMatchObject({ ...signed(OLD), conflict: { zoneId: NEW } })
  })

  test('that was known by first use is known by DNSSEC once that proves it', async () => {
    const world = await pinned()
    const plainCom = new ModelZone('plain.com.')
    world.say('plain.com.', 'DNSKEY', { answers: plainCom.sign([plainCom.key], LASTING) })
    world.say('plain.com.', 'DS', { answers: world.com.sign([plainCom.ds], LASTING) })
    world.say(PLAIN, 'TXT', { answers: plainCom.sign(`${PLAIN} TXT "zone=${OLD}"`, LASTING) })
    await nextDay(world, 'www.plain.com')
    expect(world.pins).toEqual([{ ...plain(OLD), by: 'dnssec' }, signed(OLD)])
  })
})

/** Somebody on the path says that both domains name these zones. */
function forge(world: PinWorld, ...zones: string[]): void {
  for (const name of [SIGNED, PLAIN])
    world.lies.set(`${name} TXT`, {
      answers: recordsIn(zones.map(zone => `${name} TXT "zone=${zone}"`).join('\n')),
    })
}

describe('who controls the path for a minute', () => {
  /** Every lie about a domain's pin that there is. */
  const lies: readonly (readonly [string, (world: PinWorld) => void])[] = [
    ['names a zone', world => forge(world, EVIL)],
    ['names a zone beside the true one', world => forge(world, OLD, EVIL)],
    [
      'names a zone, and takes away that the domain is signed',
      world => {
        forge(world, EVIL)
        world.lies.set('signed.com. DS', { rcode: Rcode.NXDOMAIN })
      },
    ],
    [
      'names a zone, and is silent about signatures',
      world => {
        forge(world, EVIL)
        for (const key of ['signed.com. DS', 'signed.com. DNSKEY', 'com. DNSKEY', '. DNSKEY'])
          world.lies.set(key, 'silence')
      },
    ],
    [
      'names a zone, signed with a key of their own',
      world => {
        const own = new ModelZone('signed.com.')
        world.lies.set(`${SIGNED} TXT`, { answers: own.sign(`${SIGNED} TXT "zone=${EVIL}"`, LASTING) })
        world.lies.set('signed.com. DNSKEY', { answers: own.sign([own.key], LASTING) })
        world.lies.set('signed.com. DS', { answers: own.sign([own.ds], LASTING) })
      },
    ],
    [
      'shows a proof that another domain is unsigned',
      world => {
        forge(world, EVIL)
        world.lies.set('signed.com. DS', {
          authorities: world.com.nsec('plain.com.', 'signed.com.', ['NS', 'NSEC'], LASTING),
        })
      },
    ],
    [
      'says that there is no pin',
      world => {
        for (const name of [SIGNED, PLAIN]) world.lies.set(`${name} TXT`, { rcode: Rcode.NXDOMAIN })
      },
    ],
  ]

  test.each(lies)('and %s plants no pin for a signed domain', async (_, lie) => {
    const world = new PinWorld()
    world.pin('signed.com', OLD)
    lie(world)
    await world.use('www.signed.com')
    await world.pass(MINUTE)
    expect(world.pins).toEqual([])
    // By the time that it is looked at again the minute is over.
    world.lies.clear()
    await world.pass(10 * MINUTE)
    await nextDay(world, 'www.signed.com')
    expect(world.pins).toEqual([signed(OLD)])
  })

  test.each(lies)('and %s plants none for an unsigned domain either, in a minute', async (_, lie) => {
    const world = new PinWorld()
    world.pin('plain.com', OLD)
    lie(world)
    await world.use('www.plain.com')
    await world.pass(MINUTE)
    world.lies.clear()
    await world.pass(10 * MINUTE)
    await nextDay(world, 'www.plain.com')
    await world.pass(10 * MINUTE)
    expect(world.pins).toEqual([plain(OLD)])
  })

  test.each(lies)('and %s replaces no known pin', async (_, lie) => {
    const world = await pinned()
    await world.pass(DAY)
    lie(world)
    for (const name of ['www.signed.com', 'www.plain.com']) await world.use(name)
    await world.pass(MINUTE)
    expect(world.pins).toMatchObject([plain(OLD), signed(OLD)])
    world.lies.clear()
    // The truth is seen by itself, and then there is nothing for the user to decide any more.
    await world.pass(10 * MINUTE)
    expect(world.pins).toEqual([plain(OLD), signed(OLD)])
  })
})

describe('the user', () => {
  test('accepts what a domain names instead, and forgets what was learned', async () => {
    const world = await pinned()
    const { owners } = world.gateway
    expect(owners.accept(world.signed.name)).toBeUndefined()
    world.pin('plain.com', NEW)
    await nextDay(world, 'www.plain.com')
    const plainCom = parseName('plain.com.')
    expect(owners.accept(plainCom)).toBe(NEW)
    expect(world.pins).toEqual([plain(NEW), signed(OLD)])
    expect(owners.forget(plainCom)).toBe(true)
    expect(owners.forget(plainCom)).toBe(false)
    expect(world.pins).toEqual([signed(OLD)])
    // It is looked at anew, as at first.
    await world.use('www.plain.com')
    expect(world.pins).toEqual([once(NEW), signed(OLD)])
  })

  test('has the last word on a domain, and sees what it says itself', async () => {
    const world = await pinned()
    world.gateway.owners.replaceOwn([{ domain: world.signed.name, zoneId: NEW }])
    expect(world.pins).toMatchObject([
      plain(OLD),
      { domain: 'signed.com', zoneId: NEW, by: 'user', conflict: { zoneId: OLD } },
    ])
    world.pin('signed.com', NEW)
    await nextDay(world, 'www.signed.com')
    expect(world.pins).toEqual([plain(OLD), { domain: 'signed.com', zoneId: NEW, by: 'user' }])
    world.gateway.owners.replaceOwn([])
    expect(world.pins).toEqual([plain(OLD), signed(NEW)])
  })
})

describe('on disk', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'signpost-pins-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })
  const open = async (): Promise<ContinuityStore | undefined> =>
    openContinuityStore({ directory, logger: undefined })

  test('pins are known again at the next start, with their conflicts; what was seen once is not', async () => {
    const store = await open()
    const world = await pinned({ store })
    world.pin('plain.com', NEW)
    await nextDay(world, 'www.plain.com')
    const before = world.gateway.owners.reports()
    expect(before[0]).toMatchObject({ conflict: { zoneId: NEW } })
    await world.gateway.owners.close()
    await store?.close()

    const again = await open()
    const later = new PinWorld({ store: again })
    expect(later.gateway.owners.reports()).toEqual(before)
    later.gateway.owners.forget(later.signed.name)
    await again?.close()
    const last = await open()
    expect(new PinWorld({ store: last }).pins).toMatchObject([plain(OLD)])
    await last?.close()
  })
})
