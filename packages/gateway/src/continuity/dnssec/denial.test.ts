import { Rcode, type ResourceRecord } from '@signpost/dns'
import { describe, expect, test } from 'vitest'
import { World } from './model.test-support.ts'
import type { Verdict } from './verdict.ts'

const PIN = '_signpost.victim.test.'

const none = ({ victim }: World): ResourceRecord[] =>
  victim.nsec('victim.test.', 'a.victim.test.', ['NS', 'SOA', 'NSEC'])

const hashed = ({ victim }: World): ResourceRecord[] => [
  ...victim.nsec3('victim.test.', ['NS', 'SOA']),
  ...victim.nsec3(PIN, [], { around: true }),
  ...victim.nsec3('*.victim.test.', [], { around: true }),
]

const denied = async (
  proof: (world: World) => ResourceRecord[],
  rcode: number = Rcode.NXDOMAIN,
): Promise<Verdict> => {
  const world = new World()
  world.say(PIN, 'TXT', { rcode, authorities: proof(world) })
  return world.lookUp(PIN)
}

describe('a pin that is denied', () => {
  test.each<[string, (world: World) => ResourceRecord[]]>([
    ['nothing', () => []],
    ['the NSEC of the name, which has it', ({ noCut }) => noCut],
    [
      "the parent's NSEC at the cut",
      ({ test }) => test.nsec('victim.test.', 'w.test.', ['NS', 'DS', 'NSEC']),
    ],
    [
      "the parent's NSEC3 at the cut",
      ({ test }) => [
        ...test.nsec3('victim.test.', ['NS', 'DS']),
        ...test.nsec3(PIN, [], { around: true }),
        ...test.nsec3('*.victim.test.', [], { around: true }),
      ],
    ],
    ['an NSEC of another domain', ({ evil }) => evil.nsec('evil.test.', 'evil.test.', ['NS', 'SOA', 'NSEC'])],
    [
      'a span without a word about wildcards',
      ({ victim }) => victim.nsec('+.victim.test.', 'a.victim.test.', ['TXT', 'NSEC']),
    ],
    [
      'a span of hashes without a word about wildcards',
      ({ victim }) => [
        ...victim.nsec3('victim.test.', ['NS', 'SOA']),
        ...victim.nsec3(PIN, [], { around: true }),
      ],
    ],
    [
      'a wildcard that has it',
      ({ victim }) => victim.nsec('*.victim.test.', 'a.victim.test.', ['TXT', 'NSEC']),
    ],
    ['an NSEC with CNAME', ({ victim }) => victim.nsec(PIN, 'a.victim.test.', ['CNAME', 'NSEC'])],
    [
      'an NSEC that a DNAME made of no use',
      ({ victim }) => victim.nsec('victim.test.', 'a.victim.test.', ['SOA', 'NS', 'DNAME', 'NSEC']),
    ],
  ])('by %s is not', async (_, proof) => {
    expect((await denied(proof)).kind).toMatch(/bogus|indeterminate/)
  })

  test('by a proof is, whatever the reply code says', async () => {
    expect(await denied(none)).toEqual({ kind: 'denied', denial: 'no-name' })
    expect(await denied(none, Rcode.NOERROR)).toEqual({ kind: 'denied', denial: 'no-name' })
    expect(await denied(hashed)).toEqual({ kind: 'denied', denial: 'no-name' })
  })
})
