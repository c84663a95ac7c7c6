import { type ResourceRecord, RrClass, RrType, parseName, parseZoneFile } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lines } from '../../asking.test-support.ts'
import {
  type Knowledge,
  MOST_PROVED,
  MOST_WAITING,
  NOTHING_KNOWN,
  isAllProved,
  learn,
  newestProved,
  signaturesFor,
} from './knowledge.ts'

const PROOF = 600
const question = { name: parseName('www.example.'), type: RrType.A, class: RrClass.IN }

function records(text: string): ResourceRecord[] {
  return parseZoneFile(`${text}\n`, { origin: parseName('example.'), defaultTtl: 60 })
}

/** What is known once answers have come at their times. */
function after(
  ...answers: readonly (readonly [now: number, text: string, isSecured?: boolean])[]
): Knowledge {
  let known = NOTHING_KNOWN
  for (const [now, text, isSecured = false] of answers)
    known = learn(known, records(text), question, { now, proof: PROOF, isSecured })
  return known
}

function given(known: Knowledge): string[] {
  return lines(newestProved(known, question) ?? []).map(line => line.replace(/ 60 IN /, ' '))
}

test('a record is proved once it is seen again ten minutes after it was first seen, and no sooner', () => {
  expect(given(after([0, 'www A 192.0.2.1']))).toEqual([])
  expect(given(after([0, 'www A 192.0.2.1'], [599, 'www A 192.0.2.1']))).toEqual([])
  expect(given(after([0, 'www A 192.0.2.1'], [300, 'www A 192.0.2.1'], [600, 'www A 192.0.2.1']))).toEqual([
    'www.example. A 192.0.2.1',
  ])
})

test('what nobody on the path can touch is proved at once', () => {
  expect(given(after([0, 'www A 192.0.2.1', true]))).toEqual(['www.example. A 192.0.2.1'])
})

test('letters and TTLs make no other record', () => {
  expect(
    given(after([0, 'www 5 CNAME Cdn.Example.\nCDN 5 A 192.0.2.1'], [600, 'WWW CNAME cdn\ncdn A 192.0.2.1'])),
  ).toEqual(['www.example. 5 IN CNAME Cdn.Example.', 'CDN.example. 5 IN A 192.0.2.1'])
})

test('of the newest answer in which something is proved, what is proved is given', () => {
  const known = after(
    [0, 'www A 192.0.2.1\nwww A 192.0.2.2'],
    [600, 'www A 192.0.2.1\nwww A 192.0.2.2'],
    [700, 'www A 192.0.2.2\nwww A 192.0.2.3'],
    [800, 'www A 192.0.2.66'],
  )
  expect(given(known)).toEqual(['www.example. A 192.0.2.2'])
  expect(isAllProved(known, records('www A 192.0.2.1\nwww A 192.0.2.2'), question)).toBe(true)
  expect(isAllProved(known, records('www A 192.0.2.2\nwww A 192.0.2.3'), question)).toBe(false)
})

test('an answer whose alias is not proved is not given, whatever its last records are', () => {
  const old = 'www CNAME old\nold A 192.0.2.1'
  const forged = 'www CNAME evil\nevil A 192.0.2.66'
  expect(given(after([0, old], [600, old], [700, forged]))).toEqual([
    'www.example. CNAME old.example.',
    'old.example. A 192.0.2.1',
  ])
  // A proved address behind an alias that is not.
  expect(given(after([0, old], [600, old], [700, 'www CNAME x\nx CNAME old\nold A 192.0.2.1']))).toEqual([
    'www.example. CNAME old.example.',
    'old.example. A 192.0.2.1',
  ])
})

test('where a name moves behind an alias and back, the newest way counts', () => {
  const direct = 'www A 192.0.2.1'
  const aliased = 'www CNAME cdn\ncdn A 192.0.2.2'
  const both = [
    [0, direct],
    [100, aliased],
    [600, direct],
    [700, aliased],
  ] as const
  expect(given(after(...both))).toEqual(['www.example. CNAME cdn.example.', 'cdn.example. A 192.0.2.2'])
  expect(given(after(...both, [800, direct]))).toEqual(['www.example. A 192.0.2.1'])
})

test('aliases in a circle end', () => {
  const circle = 'www CNAME a\na CNAME b\nb CNAME www'
  expect(given(after([0, circle], [600, circle]))).toEqual([])
  const way = 'www CNAME a\na CNAME b\nb CNAME www\nb A 192.0.2.1'
  expect(given(after([0, way], [600, way]))).toHaveLength(3)
})

test('a forger’s minute pushes out nothing that is proved, however much it brings', () => {
  const good = Array.from({ length: 4 }, (_, n) => `www A 192.0.2.${n + 1}`).join('\n')
  const flood = Array.from({ length: 500 }, (_, n) => `www A 198.51.${n >> 8}.${n & 255}`).join('\n')
  let known = after([0, good], [600, good])
  for (let now = 1000; now < 1060; now++)
    known = learn(known, records(flood), question, { now, proof: PROOF, isSecured: false })
  expect(known.records).toHaveLength(4 + MOST_WAITING)
  expect(given(known)).toHaveLength(4)
  // And later on there is room again for what is true by then.
  const next = 'www A 203.0.113.1'
  known = learn(known, records(next), question, { now: 2300, proof: PROOF, isSecured: false })
  known = learn(known, records(next), question, { now: 2900, proof: PROOF, isSecured: false })
  expect(given(known)).toEqual(['www.example. A 203.0.113.1'])
})

test('addresses that change with every answer are proved in the end', () => {
  let known = NOTHING_KNOWN
  // One of two hundred every five seconds, none of them soon again.
  for (let now = 0; now < 3600; now += 5) {
    const n = (now * 7919) % 200
    known = learn(known, records(`www A 192.0.2.${n}`), question, { now, proof: PROOF, isSecured: false })
  }
  expect(given(known)).toHaveLength(1)
  expect(known.records.filter(({ isProved }) => isProved).length).toBeGreaterThan(10)
})

test('records of hostile length leave room for those of others', () => {
  const long = `www TXT ${Array.from({ length: 8 }, () => `"${'x'.repeat(250)}"`).join(' ')}`
  const text = { ...question, type: RrType.TXT }
  let known = NOTHING_KNOWN
  for (let n = 0; n < 100; n++)
    known = learn(known, records(`${long}\nwww TXT "${'y'.repeat(200)}${n}" "${'z'.repeat(250)}"`), text, {
      now: n,
      proof: PROOF,
      isSecured: false,
    })
  expect(known.records.length).toBeGreaterThan(10)
  expect(known.records.length).toBeLessThan(20)
  expect(isAllProved(known, records(long), text)).toBe(false)
})

test('signatures are remembered of answers that are all proved, and given with the records that they cover', () => {
  const rrsig = 'TYPE46 \\# 31 00010d0200000e10ffffffff000000000001076578616d706c650061626300'
  const signed = `www A 192.0.2.1\nwww ${rrsig}`
  const first = after([0, signed])
  expect(first.signatures).toEqual([])
  const proved = after([0, signed], [600, signed])
  expect(signaturesFor(proved, records('www A 192.0.2.1'))).toHaveLength(1)
  expect(signaturesFor(proved, records('www AAAA 2001:db8::1\nx A 192.0.2.1'))).toEqual([])
})

test('whatever comes, what is remembered is bounded and distinct, and only what was seen for so long is given', () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 400 }),
    hosts: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 40 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      let known = NOTHING_KNOWN
      let now = 0
      const first = new Map<string, number>()
      const again = new Set<string>()
      for (const { wait, hosts } of steps) {
        now += wait
        for (const host of hosts) {
          const line = `www.example. A 192.0.2.${host}`
          if (!first.has(line)) first.set(line, now)
          else if (now - (first.get(line) ?? now) >= PROOF) again.add(line)
        }
        const text = hosts.map(host => `www A 192.0.2.${host}`).join('\n')
        known = learn(known, records(text), question, { now, proof: PROOF, isSecured: false })
        const all = known.records.map(({ record }) => lines([record])[0])
        expect(new Set(all).size).toBe(all.length)
        expect(known.records.filter(({ isProved }) => isProved).length).toBeLessThanOrEqual(MOST_PROVED)
        expect(known.records.filter(({ isProved }) => !isProved).length).toBeLessThanOrEqual(MOST_WAITING)
        for (const line of given(known)) expect(again).toContain(line)
      }
    }),
  )
})
