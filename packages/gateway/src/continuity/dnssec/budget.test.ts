import { Name, type ResourceRecord, RrClass, RrType, rdataOctets } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import { LOOKUP_BUDGET } from './budget.ts'
import { type ModelZone, World, recordsIn } from './model.test-support.ts'
import { keyTagOf } from './zone-keys.ts'

const PIN = '_signpost.victim.test.'

/** Keys that are none, with the same tag as another one. */
function sameTag(zone: ModelZone, count: number): ResourceRecord[] {
  const wanted = zone.tag
  return Array.from({ length: count }, (_, at) => {
    for (let guess = 0; ; guess++) {
      const octets = Buffer.alloc(32, at + 1)
      octets.writeUInt16BE(guess, 30)
      const key = zone.keyRecord(octets)
      if (keyTagOf(rdataOctets(RrType.DNSKEY, key.rdata)) === wanted) return key
    }
  })
}

describe('an answer that is made to cost much', () => {
  test('has few of its signatures checked where keys have the same tag', async () => {
    const world = new World()
    const keys = world.victim.sign([...sameTag(world.victim, 5), world.victim.key])
    world.say('victim.test.', 'DNSKEY', { answers: keys })
    const verdict = await world.lookUp(PIN)
    // The DNSKEY RRset is tried with the one key that the DS names, the pin with all of that tag.
    expect(verdict).toMatchObject({ kind: 'bogus', reason: expect.stringContaining('too many') })
  })

  test('has few of its signatures looked at', async () => {
    const world = new World()
    const [record, signature] = world.victim.sign(`${PIN} TXT right`)
    const odd = Array.from({ length: 8 }, (_, at) => world.victim.signature([record!], { keyTag: at }))
    const answers = [record!, ...odd, signature!]
    world.say(PIN, 'TXT', { answers })
    expect((await world.lookUp(PIN)).kind).toBe('bogus')
  })

  test('has few keys', async () => {
    const world = new World()
    const keys = Array.from({ length: 16 }, (_, at) => world.victim.keyRecord(Buffer.alloc(32, at)))
    const answers = world.victim.sign([...keys, world.victim.key])
    world.say('victim.test.', 'DNSKEY', { answers })
    const verdict = await world.lookUp(PIN)
    expect(verdict).toMatchObject({ kind: 'indeterminate', reason: expect.stringContaining('keys') })
  })

  test('has no keys kept that are longer than any', async () => {
    const world = new World()
    const long = {
      kind: 'DNSKEY',
      flags: 256,
      protocol: 3,
      algorithm: 8,
      publicKey: new Uint8Array(524),
    } as const
    const keys = Array.from({ length: 15 }, (_, at) => world.victim.keyRecord(Buffer.alloc(32, at)))
    const answers = world.victim.sign([...keys, world.victim.key, { ...world.victim.key, rdata: long }])
    world.say('victim.test.', 'DNSKEY', { answers })
    expect(await world.lookUp(PIN)).toMatchObject({ kind: 'secure' })
  })

  test('has few digests made for its DS records', async () => {
    const world = new World()
    const { tag } = world.victim
    const list = Array.from({ length: 15 }, (_, at) => {
      const digest = at.toString(16).padStart(64, '0')
      return `victim.test. DS ${tag} 15 2 ${digest}`
    })
    const ds = world.test.sign(recordsIn(list.join('\n')))
    const keys = world.victim.sign([...sameTag(world.victim, 10), world.victim.key])
    world.say('victim.test.', 'DS', { answers: ds })
    world.say('victim.test.', 'DNSKEY', { answers: keys })
    const verdict = await world.lookUp(PIN)
    expect(verdict).toMatchObject({ kind: 'indeterminate', reason: expect.stringContaining('digests') })
  })

  test.each([
    ['questions', 'questions', { ...LOOKUP_BUDGET, questions: 4 }],
    ['signature checks', 'signature checks', { ...LOOKUP_BUDGET, checks: 4 }],
    ['digests', 'digests of keys', { ...LOOKUP_BUDGET, digests: 2 }],
    ['hashes', 'hashes of names', { ...LOOKUP_BUDGET, hashes: 4 }],
  ] as const)('takes no more %s than a lookup may', async (_, words, budget) => {
    const world = new World()
    const authorities = [
      ...world.victim.nsec3('victim.test.', ['NS', 'SOA']),
      ...world.victim.nsec3('b.victim.test.', [], { around: true }),
      ...world.victim.nsec3('*.victim.test.', [], { around: true }),
    ]
    const name = 'a.a.a.b.victim.test.'
    world.say(name, 'TXT', { authorities })
    expect(await world.lookUp(name)).toEqual({ kind: 'denied', denial: 'no-name' })
    expect(await world.lookUp(name, 'TXT', world.validator(budget))).toMatchObject({
      kind: 'indeterminate',
      reason: expect.stringContaining(words),
    })
  })

  test('leads through few aliases, in a circle or not', async () => {
    const world = new World()
    const { victim } = world
    for (let at = 0; at < 20; at++)
      world.say(`a${at}.victim.test.`, 'TXT', {
        answers: victim.sign(`a${at}.victim.test. CNAME a${(at + 1) % 20}.victim.test.`),
      })
    expect(await world.lookUp('a0.victim.test.')).toMatchObject({
      kind: 'bogus',
      reason: expect.stringContaining('aliases'),
    })
    expect(world.asked.filter(question => question.endsWith(' TXT'))).toHaveLength(12)
  })
})

test('what is not of class IN, or what no zone signs, is not looked up', async () => {
  const world = new World()
  const validator = world.validator()
  const { signal } = new AbortController()
  for (const question of [
    { name: Name.root, type: RrType.TXT, class: RrClass.CH },
    { name: Name.root, type: RrType.ANY, class: RrClass.IN },
    { name: Name.root, type: RrType.RRSIG, class: RrClass.IN },
  ])
    expect((await validator.lookUp(question, signal)).kind).toBe('indeterminate')
  expect(world.asked).toEqual([])
})
