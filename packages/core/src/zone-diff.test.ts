import { RrType, recordsOf } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { a, cname, mx, nameOf, txt, zoneId, zoneWith } from './record.test-support.ts'
import { diffZones, printZoneDiff } from './zone-diff.ts'
import { mergeZones } from './zone-merge.ts'
import type { Zone } from './zone.ts'

function setAt(zone: Zone, owner: string): unknown {
  return zone.sets.find(({ name }) => name.equals(nameOf(owner)))
}

function lines(before: Zone | undefined, after: Zone | undefined): string[] {
  return printZoneDiff(diffZones(before, after), zoneId)
}

test('two versions differ in what was added, removed and changed, in canonical order', () => {
  const before = zoneWith(a('@'), a('mail', 2), a('www', 1), a('www', 2), txt('z', 'stays'))
  const after = zoneWith(a('@'), cname('blog', 'www'), a('www', 2), a('www', 3), txt('z', 'stays'))
  expect(lines(before, after)).toEqual([
    '+ blog 300 CNAME www',
    '- mail 300 A 192.0.2.2',
    '- www 300 A 192.0.2.1',
    '+ www 300 A 192.0.2.3',
  ])
  expect(lines(before, before)).toEqual([])
  expect(diffZones(before, after).map(({ name }) => name)).toEqual([
    nameOf('blog'),
    nameOf('mail'),
    nameOf('www'),
  ])
})

test('another TTL is a change of the whole RRset', () => {
  expect(lines(zoneWith(a('@', 1), a('@', 2)), zoneWith(a('@', 1, 60), a('@', 2, 60)))).toEqual([
    '- @ 300 A 192.0.2.1',
    '- @ 300 A 192.0.2.2',
    '+ @ 60 A 192.0.2.1',
    '+ @ 60 A 192.0.2.2',
  ])
})

test('names in rdata are as they stand in the zone file, and text is left as it is', () => {
  const text = `www.${zoneId}. is no name here`
  expect(lines(undefined, zoneWith(mx('@', 'mail'), mx('@', 'mx.example.net.'), txt('t', text)))).toEqual([
    '+ @ 300 MX 10 mx.example.net.',
    '+ @ 300 MX 10 mail',
    `+ t 300 TXT "${text}"`,
  ])
})

test('letter case in rdata is a change: the owner signs octets', () => {
  expect(lines(zoneWith(mx('@', 'mail')), zoneWith(mx('@', 'Mail')))).toHaveLength(2)
})

test('no version is as good as an empty one', () => {
  const zone = zoneWith(a('@'))
  expect(lines(undefined, zone)).toEqual(['+ @ 300 A 192.0.2.1'])
  expect(lines(zone, undefined)).toEqual(['- @ 300 A 192.0.2.1'])
  expect(lines(undefined, undefined)).toEqual([])
})

const anySet = fc.record({ owner: fc.constantFrom('@', 'a', 'b', 'c', 'd'), data: fc.nat(3), ttl: fc.nat(2) })
const anyZone = fc
  .uniqueArray(anySet, { selector: ({ owner }) => owner, minLength: 1 })
  .map(sets => zoneWith(...sets.map(({ owner, data, ttl }) => a(owner, data, ttl))))

test('a diff says all of it: with its changes, the one version becomes the other', () => {
  fc.assert(
    fc.property(anyZone, anyZone, (before, after) => {
      const changes = diffZones(before, after)
      const kept = before.sets.filter(set => changes.every(change => change.before !== set))
      const sets = [...kept, ...changes.flatMap(change => change.after ?? [])]
      expect(zoneWith(...sets.flatMap(recordsOf))).toEqual(after)
    }),
  )
})

test('three-way: what only one side changed is in the outcome, whichever side it was', () => {
  const base = zoneWith(a('@'), a('old', 1), a('www', 1), a('mail', 1))
  const ours = zoneWith(a('@'), a('old', 1), a('www', 2), a('mail', 1), a('here', 1))
  const theirs = zoneWith(a('@'), a('www', 1), a('mail', 3), a('there', 1))
  const expected = zoneWith(a('@'), a('www', 2), a('mail', 3), a('here', 1), a('there', 1))
  expect(mergeZones(base, ours, theirs)).toEqual({ kind: 'merged', zone: expected })
  expect(mergeZones(base, theirs, ours)).toEqual({ kind: 'merged', zone: expected })
})

test('three-way: the same change on both sides is no conflict', () => {
  const base = zoneWith(a('@'), a('gone', 1))
  const both = zoneWith(a('@', 9), a('new', 1))
  expect(mergeZones(base, both, both)).toEqual({ kind: 'merged', zone: both })
})

test.each([
  [
    'changed in two ways',
    zoneWith(a('@'), a('www', 2)),
    zoneWith(a('@'), a('www', 3)),
    /changed here and.*elsewhere/,
  ],
  ['removed here', zoneWith(a('@')), zoneWith(a('@'), a('www', 3)), /removed here and changed elsewhere/],
  ['removed elsewhere', zoneWith(a('@'), a('www', 2)), zoneWith(a('@')), /changed here and removed/],
  [
    'changed in its TTL',
    zoneWith(a('@'), a('www', 1, 60)),
    zoneWith(a('@'), a('www', 1, 30)),
    /RRset was changed/,
  ],
])('three-way: an RRset %s is a conflict that names it', (_, ours, theirs, message) => {
  const base = zoneWith(a('@'), a('www', 1))
  expect(mergeZones(base, ours, theirs)).toEqual({
    kind: 'conflict',
    problems: [{ name: nameOf('www'), type: 1, message: expect.stringMatching(message) }],
  })
})

const soa = (serial: number, refresh = 7200): ReturnType<typeof a> => ({
  ...a('@'),
  type: RrType.SOA,
  rdata: {
    kind: 'SOA',
    primary: nameOf('ns'),
    mailbox: nameOf('hostmaster'),
    serial,
    refresh,
    retry: 900,
    expire: 86_400,
    minimum: 300,
  },
})

test.each([
  ['both new', soa(1), soa(2), soa(3), soa(4)],
  ['the same new serial', soa(1), soa(2), soa(2), soa(2)],
  ['a serial that went round', soa(2 ** 32 - 2), soa(2 ** 32 - 1), soa(0), soa(1)],
  ['the highest serial', soa(2 ** 32 - 3), soa(2 ** 32 - 2), soa(2 ** 32 - 1), soa(0)],
  ['other times here', soa(1), soa(2, 60), soa(5), soa(6, 60)],
  ['other times elsewhere', soa(1), soa(5), soa(2, 60), soa(6, 60)],
  ['the same other times', soa(1), soa(5, 60), soa(2, 60), soa(6, 60)],
])('three-way: an SOA with two new serials is merged: %s', (_, before, here, there, merged) => {
  expect(mergeZones(zoneWith(before), zoneWith(here), zoneWith(there))).toEqual({
    kind: 'merged',
    zone: zoneWith(merged),
  })
})

test('three-way: an SOA that two changed in more than its serial is a conflict', () => {
  const merge = mergeZones(zoneWith(soa(1)), zoneWith(soa(2, 60)), zoneWith(soa(3, 90)))
  expect(merge).toMatchObject({ kind: 'conflict', problems: [{ type: RrType.SOA }] })
})

test('three-way: two changes that make no zone together are a conflict', () => {
  const base = zoneWith(a('@'))
  const merge = mergeZones(base, zoneWith(a('@'), cname('www', '@')), zoneWith(a('@'), a('www', 1)))
  expect(merge).toMatchObject({ kind: 'conflict', problems: [{ name: nameOf('www') }] })
})

test('three-way: with no version in common both are kept whole, and must agree where they meet', () => {
  const ours = zoneWith(a('@'), a('here', 1))
  expect(mergeZones(undefined, ours, zoneWith(a('@'), a('there', 1)))).toEqual({
    kind: 'merged',
    zone: zoneWith(a('@'), a('here', 1), a('there', 1)),
  })
  expect(mergeZones(undefined, ours, zoneWith(a('@', 2)))).toMatchObject({ kind: 'conflict' })
})

test('three-way: two halves of a zone that were removed apart leave nothing to sign', () => {
  const base = zoneWith(a('a'), a('b'))
  expect(() => mergeZones(base, zoneWith(a('a')), zoneWith(a('b')))).toThrow(
    expect.objectContaining({ code: 'EMPTY_ZONE' }),
  )
})

test('three-way: every RRset of the outcome is one of the three, and nothing that nobody touched is lost', () => {
  fc.assert(
    fc.property(anyZone, anyZone, anyZone, (base, ours, theirs) => {
      let merge: ReturnType<typeof mergeZones>
      try {
        merge = mergeZones(base, ours, theirs)
      } catch {
        return
      }
      for (const owner of ['@', 'a', 'b', 'c', 'd']) {
        const [before, here, there] = [setAt(base, owner), setAt(ours, owner), setAt(theirs, owner)]
        const touched = [here, there].filter(set => JSON.stringify(set) !== JSON.stringify(before))
        if (merge.kind === 'conflict') continue
        const outcome = setAt(merge.zone, owner)
        expect(outcome).toEqual(touched.length === 0 ? before : touched[0])
      }
      // Nobody can tell from the outcome which side was called ours.
      const other = mergeZones(base, theirs, ours)
      if (merge.kind === 'conflict') expect(other.kind).toBe('conflict')
      else expect(other).toEqual(merge)
    }),
  )
})
