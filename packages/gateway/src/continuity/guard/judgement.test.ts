import { expect, test } from 'vitest'
import { type Found, type Outcome, fromUpstream } from '../../outcome.ts'
import { idOf } from '../../zones.test-support.ts'
import { found } from '../continuity.test-support.ts'
import { standIn } from '../stand-in.ts'
import { type Doubt, type Judgement, LONGEST_GAP, judge } from './judgement.ts'

const MINUTE = 60_000
const PATIENCE = 360 * MINUTE
/** By the steady clock, and since the epoch. */
const NOW = { steady: 1_000 * MINUTE, time: Date.UTC(2026, 0, 1, 10, 31) }
const EARLIER = NOW.time - 90 * MINUTE

const good = found('answer', 'www.example. 60 A 93.184.216.34')
const other = found('answer', 'www.example. 60 A 198.41.0.4')
const privateGood = found('answer', 'www.example. 60 A 10.0.0.1')
const mail = found('answer', 'www.example. 60 MX 1 mx.example.')
const gone = found('no-name', 'example. 60 SOA a. b. 1 2 3 4 5')
const empty = found('no-data', 'example. 60 SOA a. b. 1 2 3 4 5')
const failed: Outcome = { kind: 'upstream-failed', text: 'SERVFAIL' }

const answer = (address: string): Found => found('answer', `www.example. 60 A ${address}`)
const hint = (address: string): Found => found('answer', `www.example. 60 HTTPS 1 . ipv4hint=${address}`)

/** A doubt that began 90 minutes ago, was seen `ago` minutes ago, and stood for so many minutes until then. */
const since = (trouble: Doubt['trouble'], stood: number, ago = 5): Doubt => ({
  trouble,
  since: EARLIER,
  standing: stood * MINUTE,
  seenAt: NOW.steady - ago * MINUTE,
})

type Row = [
  what: string,
  lastGood: Found | undefined,
  came: Outcome,
  doubt: Doubt | undefined,
  expected: 'believe' | 'accept' | 'pass' | Partial<Doubt>,
]

const begins = (trouble: Doubt['trouble']): Doubt => ({
  trouble,
  since: NOW.time,
  standing: 0,
  seenAt: NOW.steady,
})
const stands = (trouble: Doubt['trouble'], minutes: number): Doubt => ({
  trouble,
  since: EARLIER,
  standing: minutes * MINUTE,
  seenAt: NOW.steady,
})

const rows: readonly Row[] = [
  // Nothing is known.
  ['an answer about a name of which nothing is known', undefined, good, undefined, 'believe'],
  ['a private address of such a name', undefined, privateGood, undefined, 'believe'],
  ['that such a name does not exist', undefined, gone, undefined, 'believe'],
  ['that it has no such type', undefined, empty, undefined, 'believe'],
  ['a failure about it', undefined, failed, undefined, 'believe'],
  // A good answer is known.
  ['the same answer again', good, good, undefined, 'believe'],
  ['another address on the internet', good, other, undefined, 'believe'],
  ['that the name has no such type any more', good, empty, undefined, begins('no-data')],
  ['that it does not exist any more', good, gone, undefined, begins('no-name')],
  ['that its mail has gone', mail, empty, undefined, begins('no-data')],
  ['that the upstreams fail', good, failed, undefined, begins('failed')],
  ['that there was no time', good, { kind: 'too-slow', text: '' }, undefined, begins('failed')],
  ['aliases in a circle', good, { kind: 'loop', text: '' }, undefined, begins('failed')],
  ['a name that is too long', good, { kind: 'too-long', text: '' }, undefined, begins('failed')],
  ['that too much is under way', good, { kind: 'overloaded', text: '' }, undefined, begins('failed')],
  // Addresses that lead astray.
  ['a private address', good, privateGood, undefined, begins('bogus')],
  ['a loopback address', good, answer('127.0.0.1'), undefined, begins('bogus')],
  ['the unspecified address', good, answer('0.0.0.0'), undefined, begins('bogus')],
  ['an address for documentation', good, answer('192.0.2.1'), undefined, begins('bogus')],
  ['a multicast address', good, answer('224.0.0.1'), undefined, begins('bogus')],
  ['a private address in a hint', hint('93.184.216.34'), hint('10.0.0.1'), undefined, begins('bogus')],
  [
    'a private address beside a good one',
    good,
    found('answer', 'www.example. 60 A 93.184.216.34\nwww.example. 60 A 10.0.0.1'),
    undefined,
    begins('bogus'),
  ],
  ['an address on the internet where it was private', privateGood, good, undefined, 'believe'],
  ['another private address where it was private', privateGood, answer('10.0.0.2'), undefined, 'believe'],
  ['a private address where there was none at all', mail, privateGood, undefined, 'believe'],
  // In doubt.
  ['a good answer in the middle of a doubt', good, good, since('no-data', 300), 'believe'],
  ['another good answer there', good, other, since('bogus', 300), 'believe'],
  ['the same denial some minutes later', good, empty, since('no-data', 100), stands('no-data', 105)],
  ['the other denial', good, gone, since('no-data', 100), stands('no-name', 105)],
  ['the same denial after a night', good, empty, since('no-data', 100, 600), stands('no-data', 115)],
  ['the same denial at the same moment', good, empty, since('no-data', 100, 0), stands('no-data', 100)],
  ['a denial by a clock that went back', good, empty, since('no-data', 100, -600), stands('no-data', 100)],
  ['a failure between denials', good, failed, since('no-data', 100), since('no-data', 100)],
  ['another failure', good, failed, since('failed', 0), since('failed', 0)],
  ['a failure after a week', good, failed, since('failed', 0, 10_080), since('failed', 0, 10_080)],
  ['a denial after failures', good, empty, since('failed', 0), begins('no-data')],
  ['a denial after a bogus address', good, gone, since('bogus', 100), begins('no-name')],
  ['a bogus address after denials', good, privateGood, since('no-name', 100), begins('bogus')],
  ['a bogus address that stands', good, privateGood, since('bogus', 100), stands('bogus', 105)],
  // Believed in the end.
  ['a denial that has stood for the whole patience', good, empty, since('no-data', 355), 'accept'],
  ['the other denial by then', good, gone, since('no-data', 355), 'accept'],
  ['a bogus address by then', good, privateGood, since('bogus', 355), 'accept'],
  ['a denial a minute before', good, empty, since('no-data', 354), stands('no-data', 359)],
  ['a failure by then', good, failed, since('no-data', 400), since('no-data', 400)],
  // What is not the word of ordinary DNS.
  [
    'what a signed zone says behind an alias',
    good,
    { ...empty, provenance: { ...fromUpstream, zones: [idOf(1)] } },
    undefined,
    'pass',
  ],
  [
    'what a signed zone says',
    good,
    { ...empty, provenance: { ...fromUpstream, source: 'zone' } },
    since('no-data', 300),
    'pass',
  ],
  [
    'what this gateway says',
    good,
    { ...empty, provenance: { ...fromUpstream, source: 'gateway' } },
    undefined,
    'pass',
  ],
  [
    'what stands in for the answer of an alias',
    good,
    standIn(other, 'failed', ''),
    since('failed', 0),
    'pass',
  ],
  ['an alias without its target', good, { ...other, partial: true }, undefined, 'pass'],
  ['a zone that nobody has, behind an alias', good, { kind: 'absent', text: '' }, undefined, 'pass'],
  ['an error in this program', good, { kind: 'failed', text: '' }, undefined, 'pass'],
  ['that nobody may be asked', good, { kind: 'refused' }, undefined, 'pass'],
]

test.each(rows)('%s', (_what, lastGood, came, doubt, expected) => {
  const judgement: Judgement =
    typeof expected === 'string' ? { kind: expected } : { kind: 'doubt', doubt: expected as Doubt }
  expect(judge({ lastGood, came, doubt, now: NOW, patience: PATIENCE })).toEqual(judgement)
})

test('a gap counts a quarter of an hour at most, so that patience of six hours takes 24 looks', () => {
  let doubt: Doubt | undefined
  let looks = 0
  for (;;) {
    const now = { steady: looks * 86_400_000, time: looks * 86_400_000 }
    const judgement = judge({ lastGood: good, came: gone, doubt, now, patience: PATIENCE })
    if (judgement.kind !== 'doubt') break
    doubt = judgement.doubt
    looks++
  }
  expect(looks).toBe(PATIENCE / LONGEST_GAP)
})
