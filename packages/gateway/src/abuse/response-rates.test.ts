import { type Question, parseName } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Found, type Outcome, fromUpstream } from '../outcome.ts'
import { localSoa } from '../soa.ts'
import { ResponseRates, kindOfResponse } from './response-rates.ts'

const START = 1_000_000
const options = { perSecond: 5, window: 15, slip: 2, capacity: 100 }
const VICTIM = '198.51.100.0/24'

function judgeMany(rates: ResponseRates, count: number, now: number, kind = 'a'): string[] {
  return Array.from({ length: count }, () => rates.judge(VICTIM, kind, now))
}

test('a second of replies is sent, then every other one as an empty one, and the rest is silence', () => {
  const rates = new ResponseRates(options)
  expect(judgeMany(rates, 5, START)).toEqual(Array(5).fill('send'))
  expect(judgeMany(rates, 4, START)).toEqual(['truncate', 'drop', 'truncate', 'drop'])
})

test('replies of another kind, and those to another network, have accounts of their own', () => {
  const rates = new ResponseRates(options)
  judgeMany(rates, 100, START)
  expect(rates.judge(VICTIM, 'b', START)).toBe('send')
  expect(rates.judge('203.0.113.0/24', 'a', START)).toBe('send')
})

test('a flood is limited for as long as it lasts, and for the window behind it', () => {
  const rates = new ResponseRates(options)
  for (let ms = 0; ms <= 60_000; ms += 10) {
    const verdict = rates.judge(VICTIM, 'a', START + ms)
    if (ms > 1000) expect(verdict).not.toBe('send')
  }
  expect(rates.judge(VICTIM, 'a', START + 60_000 + 14_000)).not.toBe('send')
  expect(rates.judge(VICTIM, 'a', START + 60_000 + 14_000 + 2000)).toBe('send')
})

test('a client that asks at the rate itself is never limited', () => {
  const rates = new ResponseRates(options)
  for (let ms = 0; ms < 60_000; ms += 200) expect(rates.judge(VICTIM, 'a', START + ms)).toBe('send')
})

test.each([
  [0, ['drop', 'drop', 'drop']],
  [1, ['truncate', 'truncate', 'truncate']],
  [3, ['truncate', 'drop', 'drop']],
])('slip %i makes of replies over the limit %j', (slip, verdicts) => {
  const rates = new ResponseRates({ ...options, slip })
  expect(judgeMany(rates, 8, START).slice(5)).toEqual(verdicts)
})

test('whatever the clock does, no more is sent than a second of replies and what the time that passed gives', () => {
  const steps = fc.array(fc.record({ ms: fc.integer({ min: -3000, max: 3000 }), replies: fc.nat(20) }))
  fc.assert(
    fc.property(steps, all => {
      const rates = new ResponseRates(options)
      let now = START
      let forward = 0
      let sent = 0
      for (const { ms, replies } of all) {
        now += ms
        forward += Math.max(0, ms)
        sent += judgeMany(rates, replies, now).filter(verdict => verdict === 'send').length
      }
      expect(sent).toBeLessThanOrEqual(5 + (forward * 5) / 1000 + 1e-6)
    }),
  )
})

test('a flood of other accounts does not wash away the one that is flooded', () => {
  const rates = new ResponseRates(options)
  judgeMany(rates, 100, START)
  const verdicts = new Set<string>()
  for (let n = 0; n < 10_000; n++) {
    rates.judge(`${n}`, 'a', START)
    if (n % 40 === 0) verdicts.add(rates.judge(VICTIM, 'a', START))
  }
  expect(verdicts).not.toContain('send')
})

const question = (name: string, type = 1): Question => ({ name: parseName(name), type, class: 1 })
const found = (kind: Found['kind'], zone?: string): Found => ({
  kind,
  answers: [],
  authorities: zone === undefined ? [] : [localSoa(parseName(zone), 60)],
  provenance: fromUpstream,
  age: 0,
})
const kindOf = (name: string, outcome: Outcome, type?: number): string =>
  kindOfResponse(question(name, type), outcome)

test('answers are the same by name, in any letters, and type', () => {
  const answer = found('answer')
  expect(kindOf('www.Example.', answer)).toBe(kindOf('WWW.example.', answer))
  expect(kindOf('www.example.', answer)).not.toBe(kindOf('www.example.', answer, 28))
  expect(kindOf('www.example.', answer)).not.toBe(kindOf('w.example.', answer))
})

test('empty answers are the same by name, whatever type was asked for', () => {
  const empty = found('no-data', 'example.')
  expect(kindOf('www.example.', empty)).toBe(kindOf('www.example.', empty, 28))
  expect(kindOf('www.example.', empty)).not.toBe(kindOf('w.example.', empty))
  expect(kindOf('www.example.', { kind: 'filtered' })).toBe(kindOf('www.example.', empty))
})

test('names that do not exist are the same by the zone that says so, or else by the domain they are in', () => {
  expect(kindOf('a.b.example.', found('no-name', 'example.'))).toBe(
    kindOf('c.example.', found('no-name', 'example.')),
  )
  expect(kindOf('a.example.', found('no-name'))).toBe(kindOf('b.example.', found('no-name')))
  expect(kindOf('a.example.', found('no-name'))).not.toBe(kindOf('a.example2.', found('no-name')))
})

test('errors are all the same, those to what could not be read among them', () => {
  const errors = [
    kindOf('a.example.', { kind: 'absent', text: '' }),
    kindOf('b.example.', { kind: 'refused' }),
    kindOfResponse(undefined, { kind: 'malformed' }),
  ]
  expect(new Set(errors).size).toBe(1)
})
