import { Rcode, decodeMessage, encodeMessage } from '@signpost/dns'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Ask } from './ask.ts'
import { NOW, World, printVerdict, questionOf, recordsIn } from './model.test-support.ts'
import { ROOT_TRUST_ANCHORS } from './trust-anchors.ts'
import { createValidator } from './validator.ts'

const PIN = '_signpost.victim.test.'

describe('what was proved', () => {
  test('is not asked for again while its TTL lasts', async () => {
    const world = new World()
    const validator = world.validator()
    await world.lookUp(PIN, 'TXT', validator)
    expect(world.asked.splice(0)).toEqual([
      `${PIN} TXT`,
      '. DNSKEY',
      'test. DS',
      'test. DNSKEY',
      'victim.test. DS',
      'victim.test. DNSKEY',
    ])
    world.now = NOW + 299
    await world.lookUp(PIN, 'TXT', validator)
    await world.lookUp('_signpost.plain.test.', 'TXT', validator)
    expect(world.asked.splice(0)).toEqual([`${PIN} TXT`, '_signpost.plain.test. TXT', 'plain.test. DS'])
    world.now = NOW + 300
    await world.lookUp(PIN, 'TXT', validator)
    expect(world.asked).toHaveLength(6)
  })

  test('is not believed for longer than its signatures, and has no longer TTL', async () => {
    const world = new World()
    const { test: parent, victim } = world
    const soon = { expiration: NOW + 10 }
    world.say('victim.test.', 'DS', { answers: parent.sign([victim.ds], soon) })
    world.say(PIN, 'TXT', { answers: victim.sign(`${PIN} TXT right`, soon) })
    const validator = world.validator()
    expect(await world.lookUp(PIN, 'TXT', validator)).toMatchObject({ records: [{ ttl: 10 }] })
    world.now = NOW + 11
    world.say(PIN, 'TXT', { answers: victim.sign(`${PIN} TXT right`) })
    expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('bogus')
  })

  test('is not believed for longer than a day', async () => {
    const world = new World()
    const { root, test: parent } = world
    const long = { expiration: NOW + 30 * 86_400 }
    const key = { ...root.key, ttl: 20 * 86_400 }
    const ds = { ...parent.ds, ttl: 20 * 86_400 }
    world.say('.', 'DNSKEY', { answers: root.sign([key], long) })
    world.say('test.', 'DS', { answers: root.sign([ds], long) })
    const validator = world.validator()
    await world.lookUp(PIN, 'TXT', validator)
    world.now = NOW + 86_399
    world.asked.length = 0
    await world.lookUp(PIN, 'TXT', validator)
    expect(world.asked).not.toContain('. DNSKEY')
    world.now = NOW + 86_400
    await world.lookUp(PIN, 'TXT', validator)
    expect(world.asked).toContain('. DNSKEY')
  })

  test('has no longer TTL than its owner gave it', async () => {
    const world = new World()
    const [record, signature] = world.victim.sign(`${PIN} 60 TXT right`)
    world.say(PIN, 'TXT', { answers: [{ ...record!, ttl: 86_400 }, signature!] })
    expect(await world.lookUp()).toMatchObject({ kind: 'secure', records: [{ ttl: 60 }] })
  })
})

test('a minute of lies leaves nothing behind', async () => {
  const world = new World()
  const validator = world.validator()
  world.say('victim.test.', 'DS', {})
  expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('indeterminate')
  world.say('victim.test.', 'DS', { answers: world.test.sign([world.victim.ds]) })
  expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('secure')
})

test('the reason for a doubt says what was asked', async () => {
  const world = new World()
  expect(await world.lookUp('none.test.')).toEqual({
    kind: 'indeterminate',
    reason: 'none.test. TXT: nobody answers',
  })
  world.say('none.test.', 'TXT', { rcode: Rcode.SERVFAIL })
  expect(await world.lookUp('none.test.')).toMatchObject({ reason: 'none.test. TXT: the answer is SERVFAIL' })
})

test('an answer that was cut off says nothing', async () => {
  const world = new World()
  const ask: Ask = async question => {
    const reply = world.reply(question)
    return reply.kind === 'reply' ? { ...reply, message: { ...reply.message, truncated: true } } : reply
  }
  expect(printVerdict(await world.lookUp(PIN, 'TXT', world.validator(undefined, ask)))).toBe('indeterminate')
})

test('a lookup ends when it is told to, whatever the question waits for', async () => {
  const world = new World()
  const stopping = new AbortController()
  const never = Promise.withResolvers<never>()
  const validator = world.validator(undefined, async () => {
    stopping.abort()
    return never.promise
  })
  const stopped = { kind: 'indeterminate', reason: `${PIN} TXT: the lookup was stopped` }
  expect(await validator.lookUp(questionOf(PIN, 'TXT'), stopping.signal)).toEqual(stopped)
  expect(await validator.lookUp(questionOf(PIN, 'TXT'), stopping.signal)).toEqual(stopped)
})

describe('trust anchors', () => {
  test('of which none is above the name leave it open', async () => {
    const world = new World()
    const validator = world.validatorWith([{ zone: world.victim.name, ds: world.victim.dsRdata }])
    expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('secure')
    expect(printVerdict(await world.lookUp('_signpost.plain.test.', 'TXT', validator))).toBe('indeterminate')
  })

  test('of which the nearest counts, even where the zone above says that nothing is signed', async () => {
    const world = new World()
    world.say('victim.test.', 'DS', { authorities: world.test.nsec('victim.test.', 'w.test.', ['NS']) })
    expect(printVerdict(await world.lookUp())).toBe('insecure victim.test.')
    const anchors = [world.root, world.victim].map(({ name, dsRdata }) => ({ zone: name, ds: dsRdata }))
    for (const trustAnchors of [anchors, anchors.toReversed()]) {
      const validator = world.validatorWith(trustAnchors)
      expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('secure')
      expect(printVerdict(await world.lookUp('victim.test.', 'DS', validator))).toBe('denied no-data')
    }
  })

  test("are the root's where none are given, so that another root is bogus", async () => {
    const world = new World()
    const validator = createValidator({ ask: world.ask, now: () => NOW * 1000 })
    expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('bogus')
    expect(ROOT_TRUST_ANCHORS.flatMap(({ ds }) => ds.map(({ keyTag }) => keyTag))).toEqual([20_326, 38_696])
  })
})

describe('aliases', () => {
  test('of a DNAME lead on by its signature alone, whatever stands beside it', async () => {
    const world = new World()
    const { victim } = world
    const dname = victim.sign('old.victim.test. DNAME new.victim.test.')
    const beside = recordsIn('a.old.victim.test. CNAME a.evil.test.')
    world.say('a.old.victim.test.', 'TXT', { answers: [...dname, ...beside] })
    world.say('a.new.victim.test.', 'TXT', { answers: victim.sign('a.new.victim.test. TXT new') })
    expect(printVerdict(await world.lookUp('a.old.victim.test.'))).toBe('secure')
    expect(world.asked).not.toContain('a.evil.test. TXT')
    // One that would make a longer name than there may be.
    const long = `${'x'.repeat(63)}.`.repeat(3)
    world.say('a.old.victim.test.', 'TXT', {
      answers: victim.sign(`old.victim.test. DNAME ${long}${'y'.repeat(61)}.`),
    })
    expect(printVerdict(await world.lookUp('a.old.victim.test.'))).toBe('bogus')
  })

  test('are one each', async () => {
    const world = new World()
    world.say(PIN, 'TXT', { answers: world.victim.sign(`${PIN} CNAME a.test.\n${PIN} CNAME b.test.`) })
    expect(printVerdict(await world.lookUp())).toBe('bogus')
  })

  test('that end in a denial are denied, and unsigned where one of them is', async () => {
    const world = new World()
    const authorities = world.victim.nsec('victim.test.', 'z.victim.test.', ['NS', 'SOA', 'NSEC'])
    world.say('none.victim.test.', 'TXT', { authorities })
    world.say(PIN, 'TXT', { answers: world.victim.sign(`${PIN} CNAME none.victim.test.`) })
    expect(printVerdict(await world.lookUp())).toBe('denied no-name')
    world.say('_signpost.plain.test.', 'TXT', { answers: recordsIn(`_signpost.plain.test. CNAME ${PIN}`) })
    expect(printVerdict(await world.lookUp('_signpost.plain.test.'))).toBe('insecure plain.test.')
  })
})

test('a zone that makes up its denials as it is asked is understood', async () => {
  const world = new World()
  // RFC 9824: every name is there, with nothing.
  const authorities = world.victim.nsec('a.b.victim.test.', String.raw`\000.a.b.victim.test.`, [
    'RRSIG',
    'NSEC',
  ])
  world.say('a.b.victim.test.', 'TXT', { authorities })
  expect(printVerdict(await world.lookUp('a.b.victim.test.'))).toBe('denied no-data')
})

test('whichever octet of whichever answer is changed, nothing else is ever believed', async () => {
  const honest = new World()
  honest.say('none.victim.test.', 'TXT', {
    authorities: honest.victim.nsec('victim.test.', 'z.victim.test.', ['NS', 'SOA', 'NSEC']),
  })
  honest.say('hashed.victim.test.', 'TXT', {
    authorities: [
      ...honest.victim.nsec3('victim.test.', ['NS', 'SOA']),
      ...honest.victim.nsec3('hashed.victim.test.', [], { around: true }),
      ...honest.victim.nsec3('*.victim.test.', [], { around: true }),
    ],
  })
  const names = [PIN, 'none.victim.test.', 'hashed.victim.test.', '_signpost.plain.test.']
  const truth = new Map<string, unknown>()
  for (const name of names) truth.set(name, strip(await honest.lookUp(name)))
  const at = fc.record({
    name: fc.constantFrom(...names),
    message: fc.nat(6),
    octet: fc.nat(),
    change: fc.integer({ min: 1, max: 255 }),
  })
  await fc.assert(
    fc.asyncProperty(at, async ({ name, message, octet, change }) => {
      let count = 0
      const ask: Ask = async question => {
        const reply = honest.reply(question)
        if (reply.kind !== 'reply' || count++ !== message) return reply
        const octets = encodeMessage(reply.message)
        // The header is not signed, and what it says is not taken for more than it is.
        const index = 2 + (octet % (octets.length - 2))
        octets[index] = (octets[index] ?? 0) ^ change
        try {
          return { kind: 'reply', message: decodeMessage(octets) }
        } catch {
          return { kind: 'failed', reason: 'malformed' }
        }
      }
      const verdict = await honest.lookUp(name, 'TXT', honest.validator(undefined, ask))
      if (verdict.kind === 'bogus' || verdict.kind === 'indeterminate') return
      // What an unsigned domain says may be anything.
      if (name === '_signpost.plain.test.') expect(printVerdict(verdict)).toBe('insecure plain.test.')
      else expect(strip(verdict)).toEqual(truth.get(name))
    }),
    { numRuns: 1000 },
  )
}, 60_000)

/** Less what nobody signs: TTLs below the original, and letter case. */
function strip(verdict: unknown): unknown {
  return JSON.parse(
    JSON.stringify(verdict, (key, value: unknown) =>
      key === 'ttl' ? undefined : key === 'name' ? String(value).toLowerCase() : value,
    ),
  )
}
