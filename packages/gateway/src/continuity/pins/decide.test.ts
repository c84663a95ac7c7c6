import type { ZoneId } from '@signpost/core'
import { describe, expect, test } from 'vitest'
import { idOf } from '../../zones.test-support.ts'
import { type PinDecision, type Sighting, accept, decide } from './decide.ts'
import type { Candidate, Pin } from './pin.ts'

const [OLD, NEW, OTHER] = [idOf(1), idOf(2), idOf(3)]
const LETTERS: ReadonlyMap<string, ZoneId> = new Map([
  ['old', OLD],
  ['new', NEW],
  ['other', OTHER],
])
const now = { steady: 5000, time: 1_000_000 }
const PROOF = 1000

/**
 * Known: `-`, `dnssec old`, `first-use old`, with `/new` for a conflict; `once old` for a candidate, `ripe old` for one
 * that has waited long enough. Seen: `dnssec` or `unsigned` or `secured` with a zone, `none` or `unclear`; `nothing`.
 */
type Row = [known: string, seen: string, after: string, news?: string | undefined, successor?: 'new']

const table: Row[] = [
  // Nothing that says anything changes nothing.
  ['-', 'nothing', '-'],
  ['dnssec old', 'nothing', 'dnssec old'],
  ['first-use old', 'nothing', 'first-use old'],
  ['first-use old/new', 'nothing', 'first-use old/new'],
  ['once old', 'nothing', 'once old'],
  ['dnssec old', 'nothing', 'dnssec old', undefined, 'new'],

  // Two zones, or no zone ID, change nothing either, and are said.
  ['-', 'dnssec unclear', '-', 'unclear'],
  ['-', 'unsigned unclear', '-', 'unclear'],
  ['dnssec old', 'dnssec unclear', 'dnssec old', 'unclear'],
  ['first-use old', 'unsigned unclear', 'first-use old', 'unclear'],
  ['first-use old', 'dnssec unclear', 'first-use old', 'unclear'],

  // DNSSEC has the last word.
  ['-', 'dnssec old', 'dnssec old', 'pinned'],
  ['-', 'dnssec none', '-'],
  ['once new', 'dnssec old', 'dnssec old', 'pinned'],
  ['once old', 'dnssec none', '-'],
  ['dnssec old', 'dnssec old', 'dnssec old'],
  ['dnssec old', 'dnssec new', 'dnssec new', 'moved'],
  ['dnssec old', 'dnssec none', '-', 'removed'],
  ['first-use old', 'dnssec old', 'dnssec old'],
  ['first-use old', 'dnssec new', 'dnssec new', 'moved'],
  ['first-use old', 'dnssec none', '-', 'removed'],
  ['first-use old/new', 'dnssec old', 'dnssec old'],
  ['first-use old/new', 'dnssec new', 'dnssec new', 'moved'],
  ['dnssec old', 'dnssec old', 'dnssec old', undefined, 'new'],

  // An unsigned domain is taken at its word once it has said the same for long enough.
  ['-', 'unsigned old', 'once old'],
  ['-', 'unsigned none', '-'],
  ['-', 'secured old', 'first-use old', 'pinned'],
  ['once old', 'unsigned old', 'once old'],
  ['ripe old', 'unsigned old', 'first-use old', 'pinned'],
  ['ripe old', 'unsigned new', 'once new'],
  ['ripe old', 'unsigned none', '-'],
  ['once old', 'secured new', 'first-use new', 'pinned'],

  // From then on it cannot change its mind by itself, and silence takes nothing away.
  ['first-use old', 'unsigned old', 'first-use old'],
  ['first-use old', 'unsigned none', 'first-use old'],
  ['first-use old', 'secured none', 'first-use old'],
  ['first-use old', 'unsigned new', 'first-use old/new', 'conflict'],
  ['first-use old', 'secured new', 'first-use old/new', 'conflict'],
  ['first-use old/new', 'unsigned new', 'first-use old/new'],
  ['first-use old/new', 'unsigned other', 'first-use old/other', 'conflict'],
  ['first-use old/new', 'unsigned old', 'first-use old'],
  ['first-use old/new', 'unsigned none', 'first-use old/new'],

  // The old key may hand over to a new one.
  ['first-use old', 'unsigned new', 'first-use new', 'moved', 'new'],
  ['first-use old/new', 'unsigned new', 'first-use new', 'moved', 'new'],
  ['first-use old', 'unsigned other', 'first-use old/other', 'conflict', 'new'],
  ['first-use old', 'unsigned old', 'first-use old', undefined, 'new'],
  ['first-use old', 'unsigned none', 'first-use old', undefined, 'new'],

  // What DNSSEC proved is never known by less.
  ['dnssec old', 'unsigned old', 'dnssec old'],
  ['dnssec old', 'unsigned none', 'dnssec old'],
  ['dnssec old', 'unsigned new', 'dnssec old/new', 'conflict'],
  ['dnssec old', 'secured new', 'dnssec old/new', 'conflict'],
  ['dnssec old', 'unsigned new', 'dnssec new', 'moved', 'new'],
]

test.each(table)('%s, and %s is seen: %s', (known, seen, after, news, successor) => {
  const decision = decide({
    pin: pinIn(known),
    candidate: candidateIn(known),
    sighting: sightingIn(seen),
    successor: successor && LETTERS.get(successor),
    now,
    proof: PROOF,
  })
  expect([print(decision), decision.news]).toEqual([after, news])
})

describe('times', () => {
  const pin: Pin = { zoneId: OLD, by: 'first-use', since: 1, seenAt: 2 }
  const look = (seen: string, before: Pin = pin): Pin | undefined =>
    decide({
      pin: before,
      candidate: undefined,
      sighting: sightingIn(seen),
      successor: undefined,
      now,
      proof: PROOF,
    }).pin

  test('a pin that is seen again has its age, and one that is not keeps when it was seen', () => {
    expect(look('unsigned old')).toMatchObject({ since: 1, seenAt: now.time })
    expect(look('dnssec old')).toMatchObject({ since: 1, seenAt: now.time })
    expect(look('unsigned new')).toMatchObject({ since: 1, seenAt: 2, conflict: { since: now.time } })
    expect(look('dnssec new')).toMatchObject({ since: now.time, seenAt: now.time })
    const conflict = { zoneId: NEW, since: 7 }
    expect(look('unsigned new', { ...pin, conflict })).toMatchObject({ conflict })
  })

  test('the user accepts what is in conflict, by what it is known', () => {
    expect(accept(pin, 9)).toBeUndefined()
    expect(accept({ ...pin, by: 'dnssec', conflict: { zoneId: NEW, since: 7 } }, 9)).toEqual({
      zoneId: NEW,
      by: 'first-use',
      since: 9,
      seenAt: 9,
    })
  })
})

function zoneIn(text: string | undefined): ZoneId {
  const zoneId = LETTERS.get(text ?? '')
  if (zoneId === undefined) throw new Error(`${text} is no zone of these tests`)
  return zoneId
}

function pinIn(known: string): Pin | undefined {
  const [by, zones = ''] = known.split(' ')
  if (by !== 'dnssec' && by !== 'first-use') return undefined
  const [zone, other] = zones.split('/')
  const pin: Pin = { zoneId: zoneIn(zone), by, since: 1, seenAt: 1 }
  return other === undefined ? pin : { ...pin, conflict: { zoneId: zoneIn(other), since: 1 } }
}

function candidateIn(known: string): Candidate | undefined {
  const [kind, zone] = known.split(' ')
  if (kind === 'once') return { zoneId: zoneIn(zone), firstSeen: now.steady - PROOF + 1 }
  return kind === 'ripe' ? { zoneId: zoneIn(zone), firstSeen: now.steady - PROOF } : undefined
}

function sightingIn(seen: string): Sighting {
  const [kind, said] = seen.split(' ')
  if (kind === 'nothing') return { kind: 'nothing', reason: 'nobody answers' }
  const word =
    said === 'none'
      ? ({ kind: 'none' } as const)
      : said === 'unclear'
        ? ({ kind: 'unclear', problem: 'it names 2 zones' } as const)
        : ({ kind: 'zone', zoneId: zoneIn(said) } as const)
  return { kind: 'seen', by: kind === 'dnssec' ? 'dnssec' : 'first-use', word, isSecured: kind === 'secured' }
}

function letter(zoneId: ZoneId): string {
  return [...LETTERS].find(([, value]) => value === zoneId)?.[0] ?? ''
}

function print({ pin, candidate }: PinDecision): string {
  if (pin !== undefined && candidate !== undefined) return 'both'
  if (candidate !== undefined) return `once ${letter(candidate.zoneId)}`
  if (pin === undefined) return '-'
  const conflict = pin.conflict === undefined ? '' : `/${letter(pin.conflict.zoneId)}`
  return `${pin.by} ${letter(pin.zoneId)}${conflict}`
}
