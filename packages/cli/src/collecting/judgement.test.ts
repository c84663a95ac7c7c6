import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Zone, apexOf, diffZones, zoneRecords } from '@signpost/core'
import { type Name, parseName, parseRrType, printRrType } from '@signpost/dns'
import { owner } from '../zones.test-support.ts'
import { zoneOfText } from '../zone/zone-text.ts'
import { type Circumstances, type Doubts, type Judgement, judge } from './judgement.ts'

const { zoneId } = owner(1)
const apex = apexOf(zoneId)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

function zone(text: string): Zone | undefined {
  return text === '' ? undefined : zoneOfText(`$TTL 300\n${text.replaceAll('; ', '\n')}`, 'test', zoneId)
}

/** `www A; mail MX` */
function unknown(list = ''): (name: Name, type: number) => boolean {
  const all = list.split('; ').map(item => item.split(' '))
  return (name, type) =>
    all.some(([owner = '', text = '']) => parseRrType(text) === type && parseName(owner, apex).equals(name))
}

interface Seen {
  readonly text: string
  readonly unknown?: string
  readonly isOlder?: boolean
}

function judgeAt(now: number, before: string, seen: Seen, given: Partial<Circumstances> = {}): Judgement {
  const look = {
    zone: zone(seen.text),
    isUnknown: unknown(seen.unknown),
    isOlder: seen.isOlder ?? false,
  }
  const circumstances = {
    standing: zone(before),
    doubts: new Map() as Doubts,
    now,
    patience: 6 * HOUR,
    longestGap: 15 * MINUTE,
    confirmed: false,
    ...given,
  }
  return judge(look, circumstances)
}

function same(content: Zone | undefined, text: string): boolean {
  return diffZones(content, zone(text)).length === 0
}

function heldOf({ held }: Judgement): string[] {
  return held.map(({ why, set }) =>
    set === undefined
      ? why
      : `${String.fromCharCode(...(set.name.labels[0] ?? []))} ${printRrType(set.type)} ${why}`,
  )
}

const FULL = 'www A 192.0.2.1; www AAAA 2001:db8::1; mail A 192.0.2.2; @ MX 10 mail; @ TXT "x"'

describe('what was seen, against what stands, and what ought to stand', () => {
  interface Case {
    readonly name: string
    readonly before: string
    readonly seen: Seen
    readonly content: string
    readonly held: readonly string[]
  }
  const cases: readonly Case[] = [
    { name: 'a first version', before: '', seen: { text: FULL }, content: FULL, held: [] },
    { name: 'no change', before: FULL, seen: { text: FULL }, content: FULL, held: [] },
    {
      name: 'a new name',
      before: 'www A 192.0.2.1',
      seen: { text: 'www A 192.0.2.1; new A 192.0.2.9' },
      content: 'www A 192.0.2.1; new A 192.0.2.9',
      held: [],
    },
    {
      name: 'other addresses',
      before: 'www A 192.0.2.1; www A 192.0.2.2',
      seen: { text: 'www A 192.0.2.8; www A 192.0.2.9' },
      content: 'www A 192.0.2.8; www A 192.0.2.9',
      held: [],
    },
    {
      name: 'another TTL',
      before: 'www A 192.0.2.1',
      seen: { text: 'www 60 A 192.0.2.1' },
      content: 'www 60 A 192.0.2.1',
      held: [],
    },
    {
      name: 'half of the addresses',
      before: 'www A 192.0.2.1; www A 192.0.2.2',
      seen: { text: 'www A 192.0.2.1' },
      content: 'www A 192.0.2.1',
      held: [],
    },
    {
      name: 'less than half of the addresses, beside a change elsewhere',
      before: 'www A 192.0.2.1; www A 192.0.2.2; www A 192.0.2.3; mail A 192.0.2.4',
      seen: { text: 'www A 192.0.2.1; mail A 192.0.2.5' },
      content: 'www A 192.0.2.1; www A 192.0.2.2; www A 192.0.2.3; mail A 192.0.2.5',
      held: ['www A shrunk'],
    },
    {
      name: 'one name that turns empty (NODATA)',
      before: FULL,
      seen: { text: FULL.replace('www A 192.0.2.1; ', '') },
      content: FULL,
      held: ['www A gone'],
    },
    {
      name: 'one name that does not exist any more (NXDOMAIN)',
      before: FULL,
      seen: { text: 'mail A 192.0.2.2; @ MX 10 mail; @ TXT "x"' },
      content: FULL,
      held: ['www A gone', 'www AAAA gone'],
    },
    {
      name: 'nothing at all',
      before: 'www A 192.0.2.1; mail A 192.0.2.2',
      seen: { text: '' },
      content: 'www A 192.0.2.1; mail A 192.0.2.2',
      held: ['mail A gone', 'www A gone'],
    },
    {
      name: 'a question that failed (SERVFAIL)',
      before: FULL,
      seen: { text: FULL.replace('www A 192.0.2.1; ', ''), unknown: 'www A' },
      content: FULL,
      held: ['www A unknown'],
    },
    {
      name: 'addresses that became an alias',
      before: 'www A 192.0.2.1; www AAAA 2001:db8::1; a A 192.0.2.3; b A 192.0.2.4',
      seen: { text: 'www CNAME cdn.example.net.; a A 192.0.2.3; b A 192.0.2.4' },
      content: 'www CNAME cdn.example.net.; a A 192.0.2.3; b A 192.0.2.4',
      held: [],
    },
    {
      name: 'an alias that became addresses',
      before: 'www CNAME cdn.example.net.; a A 192.0.2.3',
      seen: { text: 'www A 192.0.2.1; a A 192.0.2.3' },
      content: 'www A 192.0.2.1; a A 192.0.2.3',
      held: [],
    },
    {
      name: 'names that a wildcard speaks for by now',
      before: 'www A 192.0.2.1; a A 192.0.2.3',
      seen: { text: '* A 192.0.2.1; a A 192.0.2.3' },
      content: '* A 192.0.2.1; a A 192.0.2.3',
      held: [],
    },
    {
      name: 'a label that was delegated',
      before: 'a.sub A 192.0.2.1; a A 192.0.2.3',
      seen: { text: 'sub NS ns.example.net.; a A 192.0.2.3' },
      content: 'sub NS ns.example.net.; a A 192.0.2.3',
      held: [],
    },
    {
      name: 'a delegation that became names of the zone',
      before: 'sub NS ns.example.net.; a A 192.0.2.3',
      seen: { text: 'sub A 192.0.2.1; a A 192.0.2.3' },
      content: 'sub A 192.0.2.1; a A 192.0.2.3',
      held: [],
    },
    {
      name: 'names below a delegation that is gone: both do not go together',
      before: 'sub NS ns.example.net.; a A 192.0.2.3',
      seen: { text: 'x.sub TXT "x"; a A 192.0.2.3' },
      content: 'sub NS ns.example.net.; a A 192.0.2.3',
      held: ['unfit'],
    },
    {
      name: 'all addresses that became aliases at once: more than half would go',
      before: 'a A 192.0.2.1; b A 192.0.2.2; c A 192.0.2.3',
      seen: { text: 'a CNAME x.example.; b CNAME x.example.; c A 192.0.2.3' },
      content: 'a A 192.0.2.1; b A 192.0.2.2; c A 192.0.2.3',
      held: ['half'],
    },
    {
      name: 'an older version of the zone',
      before: 'www A 192.0.2.2',
      seen: { text: 'www A 192.0.2.1; old A 192.0.2.9', isOlder: true },
      content: 'www A 192.0.2.2',
      held: ['older'],
    },
    {
      name: 'an older version that says the same',
      before: 'www A 192.0.2.2',
      seen: { text: 'www A 192.0.2.2', isOlder: true },
      content: 'www A 192.0.2.2',
      held: [],
    },
  ]

  test.each(cases)('$name', ({ before, seen, content, held }) => {
    const judgement = judgeAt(0, before, seen)
    expect(heldOf(judgement)).toEqual(held)
    expect(same(judgement.content, content)).toBe(true)
  })

  test('where nothing stands and nothing is seen there is nothing to publish', () => {
    expect(judgeAt(0, '', { text: '' }).content).toBeUndefined()
  })
})

/** Judges what is seen at so many minutes, one after the other, as long as it is held. */
function over(
  minutes: readonly number[],
  before: string,
  seen: (at: number) => Seen | undefined,
  given: Partial<Circumstances> = {},
): Judgement {
  let judgement: Judgement | undefined
  for (const at of minutes) {
    const look = seen(at)
    if (look === undefined) continue
    judgement = judgeAt(at * MINUTE, before, look, { doubts: judgement?.doubts ?? new Map(), ...given })
  }
  return judgement!
}

function every(pace: number, until: number): number[] {
  return Array.from({ length: Math.floor(until / pace) + 1 }, (_, n) => n * pace)
}

describe('patience', () => {
  const gone = { text: 'mail A 192.0.2.2' }
  const before = 'www A 192.0.2.1; mail A 192.0.2.2'

  test('a loss is believed once it was seen for the patience, and not before', () => {
    expect(heldOf(over(every(15, 345), before, () => gone))).toEqual(['www A gone'])
    const judgement = over(every(15, 360), before, () => gone)
    expect(judgement.held).toEqual([])
    expect(same(judgement.content, gone.text)).toBe(true)
  })

  test('a machine that slept through the patience does not wake up believing', () => {
    const judgement = over([0, 24 * 60], before, () => gone)
    expect(judgement.held[0]?.doubt).toMatchObject({ since: 0, stood: 15 * MINUTE })
  })

  test('one good look ends the doubt', () => {
    const seen = (at: number): Seen => (at === 300 ? { text: before } : gone)
    const judgement = over(every(15, 600), before, seen)
    expect(judgement.held[0]?.doubt?.since).toBe(315 * MINUTE)
  })

  test('a look that failed neither ends the doubt nor counts for it', () => {
    // Half of a day in which nobody answered.
    const judgement = over(every(15, 800), before, at => (at >= 60 && at < 780 ? undefined : gone))
    expect(judgement.held[0]?.doubt).toMatchObject({ since: 0, stood: (45 + 15 + 15) * MINUTE })
  })

  test('what is unknown is never believed to be gone, however long it stays so', () => {
    const judgement = over(every(15, 14 * 24 * 60), before, () => ({ ...gone, unknown: 'www A' }))
    expect(heldOf(judgement)).toEqual(['www A unknown'])
  })

  test('a loss of more than half begins to be believed when it begins, and then goes as a whole', () => {
    const five = 'a A 192.0.2.1; b A 192.0.2.2; c A 192.0.2.3; d A 192.0.2.4; e A 192.0.2.5'
    const two = { text: 'a A 192.0.2.1; b A 192.0.2.2' }
    expect(over(every(15, 345), five, () => two).held).toHaveLength(3)
    const judgement = over(every(15, 360), five, () => two)
    expect(judgement.held).toEqual([])
    expect(judgement.isGreatLoss).toBe(true)
  })

  test('nothing at all is never published', () => {
    const judgement = over(every(15, 48 * 60), before, () => ({ text: '' }))
    expect(heldOf(judgement)).toEqual(['empty'])
    expect(same(judgement.content, before)).toBe(true)
  })

  test('an older version is believed in the end, and what it lacks with it', () => {
    const seen = { ...gone, isOlder: true }
    expect(heldOf(over(every(15, 345), before, () => seen))).toEqual(['older'])
    const judgement = over(every(15, 360), before, () => seen)
    expect(same(judgement.content, gone.text)).toBe(true)
  })

  test('no time at all is believed at once where the patience is 0', () => {
    expect(judgeAt(0, before, gone, { patience: 0 }).held).toEqual([])
  })
})

describe('the word of the user', () => {
  const before = 'a A 192.0.2.1; b A 192.0.2.2; c A 192.0.2.3'

  test('makes a loss believed at once', () => {
    const judgement = judgeAt(0, before, { text: 'a A 192.0.2.1' }, { confirmed: true })
    expect(same(judgement.content, 'a A 192.0.2.1')).toBe(true)
    expect(judgement.isGreatLoss).toBe(true)
  })

  test('is no word about what nobody answered', () => {
    const seen = { text: 'a A 192.0.2.1', unknown: 'b A' }
    const judgement = judgeAt(0, before, seen, { confirmed: true })
    expect(same(judgement.content, 'a A 192.0.2.1; b A 192.0.2.2')).toBe(true)
  })

  test('does not make a zone empty', () => {
    expect(heldOf(judgeAt(0, before, { text: '' }, { confirmed: true }))).toEqual(['empty'])
  })
})

test('whatever is seen: nothing that stands is missing before it was seen to be missing for the patience', () => {
  const sets = ['a A 192.0.2.1', 'b A 192.0.2.2', 'c TXT "c"', '@ MX 1 mail.example.', 'd AAAA 2001:db8::1']
  const looks = fc.array(fc.record({ seen: fc.subarray(sets), minutes: fc.nat(100) }), { maxLength: 12 })
  fc.assert(
    fc.property(looks, all => {
      let now = 0
      let doubts: Doubts = new Map()
      for (const { seen, minutes } of all) {
        now += minutes * MINUTE
        const judgement = judgeAt(now, sets.join('; '), { text: seen.join('; ') }, { doubts })
        doubts = judgement.doubts
        expect(doubts.size).toBeLessThanOrEqual(sets.length + 2)
        // Twelve gaps of a quarter of an hour are less than six hours.
        expect(zoneRecords(judgement.content!)).toHaveLength(sets.length)
        for (const { doubt } of judgement.held) expect(doubt!.stood).toBeLessThanOrEqual(now)
      }
    }),
  )
})
