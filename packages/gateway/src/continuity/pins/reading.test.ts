import { apexOf } from '@signpost/core'
import { parseName } from '@signpost/dns'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { idOf } from '../../zones.test-support.ts'
import { recordsIn } from '../dnssec/model.test-support.ts'
import type { Pin } from './pin.ts'
import { decodePin, encodePin } from './pin-codec.ts'
import { pinNameOf, readPinWord } from './pin-word.ts'
import { registrableDomain } from './registrable-domain.ts'

const [ONE, TWO] = [idOf(1), idOf(2)]

test.each([
  ['www.example.com', 'example.com.'],
  ['example.com', 'example.com.'],
  ['A.B.Example.CO.UK', 'example.co.uk.'],
  ['com', undefined],
  ['co.uk', undefined],
  ['.', undefined],
  // Customers of a private suffix are owners of their own; nobody speaks for all of them.
  ['alice.github.io', 'alice.github.io.'],
  ['github.io', undefined],
  ['dynamodb.us-east-1.amazonaws.com', 'dynamodb.us-east-1.amazonaws.com.'],
  ['www.amazonaws.com', 'amazonaws.com.'],
  // In another network they are another one's.
  ['corp.internal', undefined],
  ['a.b.lan', undefined],
  ['printer', undefined],
  ['www.example.test', undefined],
  ['192.0.2.1', undefined],
  ['1.2.0.192.in-addr.arpa', undefined],
  ['home.arpa', undefined],
  ['_signpost.example.com', 'example.com.'],
  ['xn--bcher-kva.example.de', 'example.de.'],
  [String.raw`a\.b.example.com`, undefined],
  [String.raw`www.exam\046ple.com`, undefined],
])('the domain of %s that somebody registered is %s', (name, domain) => {
  expect(registrableDomain(parseName(name))?.toString()).toBe(domain)
})

test('the registrable domain of any name is the name or above it', () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,10}$/)
  fc.assert(
    fc.property(
      fc.array(label, { maxLength: 5 }),
      fc.constantFrom('com', 'co.uk', 'github.io', 'internal'),
      (labels, end) => {
        const name = parseName([...labels, end].join('.'))
        const domain = registrableDomain(name)
        expect(domain === undefined || (name.isAtOrBelow(domain) && domain.labelCount >= 2)).toBe(true)
      },
    ),
  )
})

const word = (...texts: string[]): unknown =>
  readPinWord(recordsIn(texts.map(text => `_signpost.example. TXT ${text}`).join('\n')))

test('a pin is read from a TXT set, whatever else is in it', () => {
  const one = { kind: 'zone', zoneId: ONE }
  expect(word(`"zone=${ONE}"`)).toEqual(one)
  expect(word(`"Zone=${ONE.toUpperCase()} "`)).toEqual(one)
  expect(word(`"zone=" "${ONE}"`)).toEqual(one)
  expect(word('"v=spf1 -all"', `"zone=${ONE}"`)).toEqual(one)
  expect(word(`"zone=${ONE}"`, `"zone=${ONE} "`)).toEqual(one)
  expect(word()).toEqual({ kind: 'none' })
  expect(word('"v=spf1 -all"', `"the zone=${ONE}"`)).toEqual({ kind: 'none' })
  expect(readPinWord(recordsIn('_signpost.example. A 192.0.2.1'))).toEqual({ kind: 'none' })
})

test('several zones, and what is no zone ID, are unclear', () => {
  expect(word(`"zone=${ONE}"`, `"zone=${TWO}"`)).toMatchObject({
    kind: 'unclear',
    problem: 'it names 2 zones',
  })
  expect(word(`"zone=${ONE}"`, '"zone=k51"')).toMatchObject({ kind: 'unclear' })
  for (const text of ['"zone="', '"zone=k51"', `"zone=${ONE}x"`, `"zone=${ONE} ${TWO}"`])
    expect(word(text)).toMatchObject({ kind: 'unclear', problem: 'what it names is no zone ID' })
})

test('domains and zones say it at the same label', () => {
  expect(pinNameOf(parseName('example.com')).toString()).toBe('_signpost.example.com.')
  expect(pinNameOf(apexOf(ONE)).toString()).toBe(`_signpost.${ONE}.`)
})

const times = fc.integer({ min: 0 })
const zone = fc.constantFrom(ONE, TWO)
const pins: fc.Arbitrary<Pin> = fc
  .record({
    zoneId: zone,
    by: fc.constantFrom('dnssec', 'first-use'),
    since: times,
    seenAt: times,
    conflict: fc.option(fc.record({ zoneId: zone, since: times }), { nil: undefined }),
  })
  .map(({ conflict, ...pin }) => (conflict === undefined ? pin : { ...pin, conflict }))

test('a pin comes back from octets as it was', () => {
  fc.assert(
    fc.property(pins, pin => {
      expect(decodePin(encodePin(pin))).toEqual(pin)
    }),
  )
})

test('other octets give no pin, and one with an octet changed another pin or none', () => {
  const others = fc.oneof(
    fc.uint8Array(),
    fc.json().map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(others, octets => {
      expect(decodePin(octets)).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(pins, fc.nat(), fc.integer({ min: 1, max: 255 }), (pin, at, change) => {
      const octets = Buffer.from(encodePin(pin))
      octets[at % octets.length]! ^= change
      const read = decodePin(octets)
      expect(read === undefined || decodePin(encodePin(read)) !== undefined).toBe(true)
    }),
  )
})
