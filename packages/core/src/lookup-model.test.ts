import { type Name, type RrSet, RrType } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lookup } from './lookup.ts'
import { a, apex, cname, dname, nameOf, ns, txt, zoneId } from './record.test-support.ts'
import { type Zone, zoneOfDecoded } from './zone.ts'

// The algorithm of RFC 1034, section 4.3.2, as its text goes, label by label over the list of RRsets, with the changes of
// RFC 4592 (section 3.3.1) and RFC 6672 (section 3.2). Slow and without an index, so that it shares no code.
function model(zone: Zone, name: Name, type: number): string {
  if (!name.isAtOrBelow(zone.apex)) return 'outside'
  const setAt = (owner: Name, wanted: number): RrSet | undefined =>
    zone.sets.find(set => set.name.equals(owner) && set.type === wanted)
  const exists = (owner: Name): boolean =>
    owner.equals(zone.apex) || zone.sets.some(set => set.name.isAtOrBelow(owner))
  const answer = (owner: Name): string => {
    if (setAt(owner, type) !== undefined) return `answer ${owner.key}`
    return setAt(owner, RrType.CNAME) === undefined ? 'no-data' : `alias ${owner.key}`
  }
  let encloser = zone.apex
  for (const candidate of pathDown(zone.apex, name)) {
    if (!exists(candidate)) {
      if (setAt(encloser, RrType.DNAME) !== undefined) return `redirection ${encloser.key}`
      const wildcard = encloser.prepend(Uint8Array.of(0x2a))
      return exists(wildcard) ? answer(wildcard) : 'no-name'
    }
    const atName = candidate.equals(name)
    const isApex = candidate.equals(zone.apex)
    if (!isApex && setAt(candidate, RrType.NS) !== undefined && !(atName && type === RrType.DS))
      return `delegation ${candidate.key}`
    if (!atName && setAt(candidate, RrType.DNAME) !== undefined) return `redirection ${candidate.key}`
    encloser = candidate
  }
  return answer(name)
}

// The apex, then one label more each, down to the name.
function pathDown(from: Name, to: Name): Name[] {
  return to.equals(from) ? [from] : [...pathDown(from, to.parent), to]
}

const label = fc.constantFrom('a', 'b', '*', 'A')
const owner = fc.oneof(
  { weight: 1, arbitrary: fc.constant('@') },
  { weight: 6, arbitrary: fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.')) },
)
const record = fc.oneof(
  { weight: 4, arbitrary: owner.map(name => a(name)) },
  { weight: 2, arbitrary: owner.map(name => txt(name, 'x')) },
  { weight: 2, arbitrary: owner.map(name => cname(name, 'target')) },
  { weight: 2, arbitrary: owner.map(name => ns(name, 'ns.example.')) },
  { weight: 1, arbitrary: owner.map(name => dname(name, 'example.')) },
)
// Whatever contradicts an earlier record is left out, so that most lists make a zone.
const zones = fc.array(record, { minLength: 1, maxLength: 10 }).map(records => {
  let zone: Zone | undefined
  const kept: typeof records = []
  for (const next of records) {
    try {
      zone = zoneOfDecoded(zoneId, [...kept, next])
      kept.push(next)
    } catch {
      // Not beside the others.
    }
  }
  return zone ?? zoneOfDecoded(zoneId, [a('@')])
})
const type = fc.constantFrom(RrType.A, RrType.TXT, RrType.CNAME, RrType.NS, RrType.DNAME, RrType.DS)

test('a lookup finds what the algorithm of RFC 1034, taken literally, finds', () => {
  const kinds = new Set<string>()
  fc.assert(
    fc.property(zones, owner, type, (zone, question, wanted) => {
      const name = nameOf(question)
      const expected = model(zone, name, wanted)
      const result = lookup(zone, name, wanted)
      kinds.add(result.kind)
      const [kind, at] = expected.split(' ')
      expect(result.kind).toBe(kind)
      if (result.kind === 'delegation') expect(result.cut.key).toBe(at)
      if (result.kind === 'redirection') expect(result.dname.name.key).toBe(at)
      if (result.kind === 'answer' || result.kind === 'alias') {
        const source = zone.sets.find(set => set.name.key === at && set.type === result.set.type)
        expect(result.set).toEqual({ ...source, name })
      }
    }),
    { numRuns: 5000 },
  )
  expect(kinds).toEqual(new Set(['answer', 'alias', 'no-data', 'no-name', 'delegation', 'redirection']))
})

test('a name outside the zone is outside', () => {
  expect(lookup(zoneOfDecoded(zoneId, [a('@')]), nameOf('example.'), RrType.A)).toEqual({ kind: 'outside' })
  expect(apex.labelCount).toBe(1)
})
