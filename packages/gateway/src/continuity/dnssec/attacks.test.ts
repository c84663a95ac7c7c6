import { Rcode, type ResourceRecord, RrType, parseName } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import {
  ModelZone,
  NOW,
  type Said,
  World,
  nsecRecord,
  printVerdict,
  recordsIn,
} from './model.test-support.ts'
import { type Verdict, provesUnsigned } from './verdict.ts'

const PIN = '_signpost.victim.test.'
const forged = recordsIn(`${PIN} TXT forged`)

/** What somebody on the path says in place of an answer. */
async function verdictWhere(
  ...lies: readonly (readonly [name: string, type: string, said: Said])[]
): Promise<Verdict> {
  const world = new World()
  return verdictIn(world, lies)
}

async function verdictIn(
  world: World,
  lies: readonly (readonly [name: string, type: string, said: Said])[],
): Promise<Verdict> {
  for (const [name, type, said] of lies) world.say(name, type, said)
  return world.lookUp(PIN)
}

test('without an attack the pin is secure, the denial of another one proved, and an unsigned domain insecure', async () => {
  const world = new World()
  expect(await world.lookUp(PIN)).toMatchObject({ kind: 'secure', records: [{ rdata: { kind: 'TXT' } }] })
  const plain = await world.lookUp('_signpost.plain.test.')
  expect(printVerdict(plain)).toBe('insecure plain.test.')
  expect(plain).toMatchObject({ records: [{ type: RrType.TXT }] })
  expect(provesUnsigned(plain, parseName('plain.test.'))).toBe(true)
  world.say(PIN, 'A', { authorities: world.noCut })
  expect(await world.lookUp(PIN, 'A')).toEqual({ kind: 'denied', denial: 'no-data' })
})

/** That an opt-out span holds the domain. */
const optOutWith =
  (iterations: number) =>
  (world: World): ResourceRecord[] => [
    ...world.test.nsec3('test.', ['NS', 'SOA'], { iterations }),
    ...world.test.nsec3('victim.test.', [], { around: true, optOut: true, iterations }),
  ]

describe('the DS records of a signed domain are taken away', () => {
  const strippedPin = [PIN, 'TXT', { answers: forged }] as const

  test.each([
    ['nothing in their place', {}],
    ['NXDOMAIN', { rcode: Rcode.NXDOMAIN }],
    ['SERVFAIL', { rcode: Rcode.SERVFAIL }],
    ['REFUSED', { rcode: Rcode.REFUSED }],
    ['an SOA alone', { authorities: recordsIn('test. SOA ns.test. h.test. 1 1 1 1 1') }],
    ['an NSEC without a signature', { authorities: [nsecRecord('victim.test.', 'w.test.', ['NS'])] }],
  ] as const)('with %s, and the domain is not insecure', async (_, said) => {
    expect((await verdictWhere(strippedPin, ['victim.test.', 'DS', said])).kind).toMatch(
      /bogus|indeterminate/,
    )
  })

  const withProof = async (proof: (world: World) => readonly ResourceRecord[]): Promise<Verdict> => {
    const world = new World()
    return verdictIn(world, [strippedPin, ['victim.test.', 'DS', { authorities: proof(world) }]])
  }

  test.each<[string, (world: World) => readonly ResourceRecord[]]>([
    ['the denial of another name', ({ test }) => test.nsec('plain.test.', 'victim.test.', ['NS', 'NSEC'])],
    ['the true NSEC, which has DS', ({ test }) => test.nsec('victim.test.', 'test.', ['NS', 'DS', 'NSEC'])],
    ["the domain's own NSEC", ({ victim }) => victim.nsec('victim.test.', PIN, ['NS', 'SOA', 'NSEC'])],
    ["the domain's own NSEC without SOA", ({ victim }) => victim.nsec('victim.test.', PIN, ['NS', 'NSEC'])],
    ['an NSEC of another domain', ({ evil }) => evil.nsec('victim.test.', 'w.test.', ['NS', 'NSEC'])],
    [
      'an NSEC of another domain in the name of the parent',
      ({ evil, test }) => evil.nsec('victim.test.', 'w.test.', ['NS', 'NSEC'], { signer: test.name }),
    ],
    [
      'an NSEC of another domain in the name of the parent, with the tag of its key',
      ({ evil, test }) =>
        evil.nsec('victim.test.', 'w.test.', ['NS'], { signer: test.name, keyTag: test.tag }),
    ],
    [
      "the domain's own NSEC, where it has the key of the parent",
      ({ test }) =>
        new ModelZone('victim.test.', { pair: test.pair }).nsec('victim.test.', PIN, ['NS', 'NSEC']),
    ],
    ['an NSEC of the zone above the parent', ({ root }) => root.nsec('victim.test.', 'w.test.', ['NS'])],
    [
      'an NSEC that is over',
      ({ test }) =>
        test.nsec('victim.test.', 'w.test.', ['NS'], { inception: NOW - 90, expiration: NOW - 1 }),
    ],
    [
      'an NSEC that is yet to begin',
      ({ test }) =>
        test.nsec('victim.test.', 'w.test.', ['NS'], { inception: NOW + 1, expiration: NOW + 90 }),
    ],
    [
      'a wildcard that was delegated, as if it were the domain',
      ({ test }) => {
        const [, signature] = test.nsec('*.test.', 'w.test.', ['NS', 'NSEC'])
        const name = parseName('victim.test.')
        return [nsecRecord('victim.test.', 'w.test.', ['NS', 'NSEC']), { ...signature!, name }]
      },
    ],
    [
      'an opt-out span beside its hash',
      ({ test }) => [
        ...test.nsec3('test.', ['NS', 'SOA', 'DNSKEY']),
        ...test.nsec3('other.test.', [], { around: true, optOut: true }),
      ],
    ],
    [
      'a span without opt-out over its hash, which says that there is no such domain',
      ({ test }) => [
        ...test.nsec3('test.', ['NS', 'SOA']),
        ...test.nsec3('victim.test.', [], { around: true }),
      ],
    ],
    [
      'an opt-out span over its hash without the closest encloser',
      ({ test }) => test.nsec3('victim.test.', [], { around: true, optOut: true }),
    ],
    [
      'an opt-out span of the domain itself, signed by it',
      ({ victim }) => [
        ...victim.nsec3('victim.test.', ['NS', 'SOA']),
        ...victim.nsec3('victim.test.', [], { around: true, optOut: true }),
      ],
    ],
    [
      'hashes with two salts',
      ({ test }) => [
        ...test.nsec3('test.', ['NS', 'SOA']),
        ...test.nsec3('victim.test.', [], { around: true, optOut: true }),
        ...test.nsec3('x.test.', [], { salt: 'bb' }),
      ],
    ],
  ])('with %s, and the domain is not insecure', async (_, proof) => {
    expect((await withProof(proof)).kind).toMatch(/bogus|indeterminate/)
  })

  test('with hashes of more iterations than are made, which says nothing', async () => {
    expect(await withProof(optOutWith(51))).toMatchObject({ kind: 'indeterminate', reason: /iterations/ })
    // The parent may say so. It has the hash of the domain among its own where there is a DS.
    expect((await withProof(optOutWith(50))).kind).toBe('insecure')
  })

  test('with DS records of another domain', async () => {
    const world = new World()
    const name = world.victim.name
    const [, signature] = world.test.sign([world.evil.ds])
    const answers = [
      { ...world.evil.ds, name },
      { ...signature!, name },
    ]
    expect((await verdictIn(world, [['victim.test.', 'DS', { answers }]])).kind).toBe('bogus')
  })

  test('with DS records that the domain signed itself', async () => {
    const world = new World()
    world.say('victim.test.', 'DS', { answers: world.victim.sign([world.victim.ds]) })
    expect(printVerdict(await world.lookUp())).toBe('bogus')
    const anchored = { zone: world.victim.name, ds: world.victim.dsRdata }
    const validator = world.validatorWith([{ zone: world.root.name, ds: world.root.dsRdata }, anchored])
    expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('secure')
    expect(printVerdict(await world.lookUp('victim.test.', 'DS', validator))).toBe('bogus')
  })

  test("with a wildcard's alias, and nothing of it stays behind", async () => {
    const world = new World()
    const validator = world.validator()
    const [record, signature] = world.test.sign('*.test. CNAME evil.test.')
    const name = world.victim.name
    world.say('victim.test.', 'DS', {
      answers: [
        { ...record!, name },
        { ...signature!, name },
      ],
    })
    expect((await world.lookUp(PIN, 'TXT', validator)).kind).toMatch(/bogus|indeterminate/)
    world.say('victim.test.', 'DS', { answers: world.test.sign([world.victim.ds]) })
    expect(printVerdict(await world.lookUp(PIN, 'TXT', validator))).toBe('secure')
  })

  test('with an opt-out span over a name above it that was there before', async () => {
    const world = new World()
    const { test: parent } = world
    const name = 'a.b.test.'
    world.say('b.test.', 'DS', { authorities: parent.nsec3('b.test.', []) })
    const span = [
      ...parent.nsec3('test.', ['NS', 'SOA']),
      ...parent.nsec3('b.test.', [], { around: true, optOut: true }),
    ]
    world.say(name, 'DS', { authorities: span })
    world.say(name, 'TXT', { answers: recordsIn(`${name} TXT forged`) })
    expect(printVerdict(await world.lookUp(name))).toBe('bogus')
    world.say('b.test.', 'DS', { authorities: span })
    expect(printVerdict(await world.lookUp(name))).toBe('insecure b.test.')
  })

  test('with DS records that nobody signed, of a domain that is or is not signed', async () => {
    const world = new World()
    const validator = world.validator()
    // It is known already that there are none.
    expect(printVerdict(await world.lookUp('_signpost.plain.test.', 'TXT', validator))).toBe(
      'insecure plain.test.',
    )
    for (const zone of [world.victim, new ModelZone('plain.test.')]) {
      world.say(zone.name, 'DS', { answers: [zone.ds] })
      expect(printVerdict(await world.lookUp(zone.name.toString(), 'DS', validator))).toBe('bogus')
    }
  })

  test("with a wildcard's DS records", async () => {
    const world = new World()
    const unknown = recordsIn(`*.test. DS 1 15 2 ${'00'.repeat(32)}`)
    const [ds, signature] = world.test.sign(unknown)
    const name = world.victim.name
    const answers = [
      { ...ds!, name },
      { ...signature!, name },
    ]
    const verdict = await verdictIn(world, [['victim.test.', 'DS', { answers }]])
    expect(verdict).toMatchObject({ kind: 'bogus', reason: expect.stringContaining('wildcard') })
  })

  test('with DS records that nobody here can check, which leaves it open', async () => {
    for (const ds of [`1 7 2 ${'00'.repeat(32)}`, `1 15 1 ${'00'.repeat(20)}`]) {
      const world = new World()
      const answers = world.test.sign(recordsIn(`victim.test. DS ${ds}`))
      expect((await verdictIn(world, [strippedPin, ['victim.test.', 'DS', { answers }]])).kind).toBe(
        'indeterminate',
      )
    }
  })
})

/** That there is nothing from the wildcard to `next`. */
const span = (world: World, next: string): ResourceRecord[] =>
  world.victim.nsec('*.victim.test.', next, ['TXT', 'NSEC'])

describe('a forged pin', () => {
  test('without a signature is bogus', async () => {
    expect((await verdictWhere([PIN, 'TXT', { answers: forged }])).kind).toBe('bogus')
  })

  test('with the signature of the true one is bogus', async () => {
    const world = new World()
    const [, signature] = world.victim.sign(`${PIN} TXT right`)
    expect((await verdictIn(world, [[PIN, 'TXT', { answers: [...forged, signature!] }]])).kind).toBe('bogus')
  })

  test('beside the true one is bogus', async () => {
    const world = new World()
    const answers = [...forged, ...world.victim.sign(`${PIN} TXT right`)]
    expect((await verdictIn(world, [[PIN, 'TXT', { answers }]])).kind).toBe('bogus')
  })

  test("with another zone's key is bogus, in whosever name", async () => {
    for (const fields of [
      {},
      { signer: parseName('victim.test.') },
      { signer: parseName(PIN) },
      { signer: parseName('test.') },
      { signer: parseName('.') },
    ]) {
      const world = new World()
      const answers = world.evil.sign(forged, fields)
      expect((await verdictIn(world, [[PIN, 'TXT', { answers }]])).kind).toBe('bogus')
      const tagged = world.evil.sign(forged, { ...fields, keyTag: world.victim.tag })
      expect((await verdictIn(world, [[PIN, 'TXT', { answers: tagged }]])).kind).toBe('bogus')
    }
  })

  test.each([
    ['that is over', { inception: NOW - 90, expiration: NOW - 1 }],
    ['that is yet to begin', { inception: NOW + 1, expiration: NOW + 90 }],
    ['whose times are the wrong way round', { inception: NOW - 1, expiration: NOW - 2 }],
  ])('with a signature %s is bogus', async (_, fields) => {
    const world = new World()
    const answers = world.victim.sign(`${PIN} TXT old`, fields)
    expect((await verdictIn(world, [[PIN, 'TXT', { answers }]])).kind).toBe('bogus')
  })

  test('of a wildcard is bogus without a proof that nothing is nearer', async () => {
    const wildcard = (world: World): ResourceRecord[] => {
      const [record, signature] = world.victim.sign('*.victim.test. TXT wild')
      const name = parseName(PIN)
      return [
        { ...record!, name },
        { ...signature!, name },
      ]
    }
    const at = async (proof: (world: World) => ResourceRecord[]): Promise<Verdict> => {
      const world = new World()
      const said = { answers: wildcard(world), authorities: proof(world) }
      return verdictIn(world, [[PIN, 'TXT', said]])
    }
    expect((await at(() => [])).kind).toBe('indeterminate')
    expect((await at(world => world.noCut)).kind).toBe('bogus')
    expect((await at(world => span(world, 'a.victim.test.'))).kind).toBe('secure')
    // There is something below the name, so that it is there itself.
    expect((await at(world => span(world, `x.${PIN}`))).kind).toBe('bogus')
    const hashed = (optOut: boolean) => (world: World) =>
      world.victim.nsec3(PIN, [], { around: true, optOut })
    expect((await at(hashed(false))).kind).toBe('secure')
    expect(printVerdict(await at(hashed(true)))).toBe(`insecure ${PIN}`)
  })

  test('of a wildcard is bogus where a name between the two is there', async () => {
    const world = new World()
    const [record, signature] = world.victim.sign('*.victim.test. TXT wild')
    const name = 'x.sub.victim.test.'
    const answers = [record!, signature!].map(each => ({ ...each, name: parseName(name) }))
    const between = world.victim.nsec('sub.victim.test.', 'z.victim.test.', ['A', 'NSEC'])
    world.say(name, 'TXT', { answers, authorities: between })
    expect(printVerdict(await world.lookUp(name))).toBe('bogus')
    world.say(name, 'TXT', {
      answers,
      authorities: world.victim.nsec('a.victim.test.', 'z.victim.test.', ['A']),
    })
    expect(printVerdict(await world.lookUp(name))).toBe('secure')
  })

  test('through an alias that is not signed is bogus', async () => {
    const world = new World()
    const answers = recordsIn(`${PIN} CNAME _signpost.plain.test.`)
    expect((await verdictIn(world, [[PIN, 'TXT', { answers }]])).kind).toBe('bogus')
    const redirected = recordsIn(`victim.test. DNAME plain.test.\n${PIN} CNAME _signpost.plain.test.`)
    expect((await verdictIn(world, [[PIN, 'TXT', { answers: redirected }]])).kind).toBe('bogus')
  })

  test('through a signed alias into an unsigned domain is insecure from there on alone', async () => {
    const world = new World()
    const answers = world.victim.sign(`${PIN} CNAME _signpost.plain.test.`)
    const verdict = await verdictIn(world, [[PIN, 'TXT', { answers }]])
    expect(printVerdict(verdict)).toBe('insecure plain.test.')
    expect(provesUnsigned(verdict, world.victim.name)).toBe(false)
  })

  test('in an opt-out span of the domain itself does not make the domain insecure', async () => {
    const world = new World()
    const authorities = [
      ...world.victim.nsec3('victim.test.', ['NS', 'SOA']),
      ...world.victim.nsec3(PIN, [], { around: true, optOut: true }),
    ]
    const verdict = await verdictIn(world, [
      [PIN, 'TXT', { answers: forged }],
      [PIN, 'DS', { authorities }],
    ])
    expect(printVerdict(verdict)).toBe(`insecure ${PIN}`)
    expect(provesUnsigned(verdict, world.victim.name)).toBe(false)
  })
})

const withKeys = async (keys: (world: World) => ResourceRecord[]): Promise<Verdict> => {
  const world = new World()
  return verdictIn(world, [['victim.test.', 'DNSKEY', { answers: keys(world) }]])
}

describe('the keys of a domain', () => {
  test('that are signed by a key that no DS names are bogus', async () => {
    const other = new ModelZone('victim.test.')
    expect((await withKeys(({ victim }) => other.sign([victim.key, other.key]))).kind).toBe('bogus')
    expect((await withKeys(() => other.sign([other.key]))).kind).toBe('bogus')
  })

  test('that do not come leave it open', async () => {
    expect((await withKeys(() => [])).kind).toBe('indeterminate')
  })

  test.each([
    ['is revoked', { flags: 257 | 0x80 }],
    ['is no zone key', { flags: 1 }],
    ['is for another protocol', { protocol: 2 }],
  ])('are not used where one %s', async (_, options) => {
    const world = new World()
    const odd = new ModelZone('victim.test.', options)
    const verdict = await verdictIn(world, [
      ['victim.test.', 'DS', { answers: world.test.sign([odd.ds]) }],
      ['victim.test.', 'DNSKEY', { answers: odd.sign([odd.key]) }],
      [PIN, 'TXT', { answers: odd.sign(forged) }],
    ])
    expect(verdict.kind).toBe('bogus')
  })
})
