import { apexOf } from '@signpost/core'
import { type Name, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { locate, outward } from './names.ts'
import { idOf } from './zones.test-support.ts'

const alice = idOf(1)
const bob = idOf(2)
const suffixes = [
  parseName('signpost.internal.'),
  parseName('zones.example.'),
  parseName('deep.zones.example.'),
]
const petnames = (petname: string): typeof alice | undefined => (petname === 'alice' ? alice : undefined)
const placeOf = (text: string): ReturnType<typeof locate> => locate(parseName(text), suffixes, petnames)

test.each([
  [`www.${alice}.signpost.internal.`, `www.${alice}.`, `${alice}.signpost.internal.`],
  [`${alice}.signpost.internal.`, `${alice}.`, `${alice}.signpost.internal.`],
  [`www.alice.zones.example.`, `www.${alice}.`, 'alice.zones.example.'],
  [`a.b.ALICE.zones.Example.`, `a.b.${alice}.`, 'ALICE.zones.Example.'],
  [
    `www.${alice.toUpperCase()}.signpost.internal.`,
    `www.${alice}.`,
    `${alice.toUpperCase()}.signpost.internal.`,
  ],
  ['www.alice.deep.zones.example.', `www.${alice}.`, 'alice.deep.zones.example.'],
])('%s is in a zone', (text, inner, outerApex) => {
  const place = placeOf(text)
  expect(place).toMatchObject({ kind: 'zone', view: { zoneId: alice } })
  if (place.kind !== 'zone') return
  expect(place.inner.toString()).toBe(inner)
  expect(place.view.outerApex.toString()).toBe(outerApex)
})

test('the suffix itself, labels that are nobody, zone IDs at the top and ordinary names are told apart', () => {
  expect(placeOf('Signpost.internal.').kind).toBe('suffix')
  expect(placeOf('deep.zones.example.').kind).toBe('suffix')
  expect(placeOf('www.nobody.signpost.internal.')).toMatchObject({ kind: 'unknown', label: 'nobody' })
  expect(placeOf(`www.${alice.slice(0, -1)}.signpost.internal.`).kind).toBe('unknown')
  expect(placeOf(`www.${alice}.`)).toMatchObject({ kind: 'bare', zoneId: alice })
  for (const text of ['internal.', 'example.', 'notsignpost.internal.', 'signpost.internal.example.', '.'])
    expect(placeOf(text).kind).toBe('ordinary')
})

test('names come out below the apex that was asked for, below their own zone ID, or unchanged', () => {
  const place = placeOf('www.alice.zones.example.')
  if (place.kind !== 'zone') throw new Error('not in a zone')
  const out = (text: string): string => outward(parseName(text), place.view).toString()
  expect(out(`mail.${alice}.`)).toBe('mail.alice.zones.example.')
  expect(out(`${alice}.`)).toBe('alice.zones.example.')
  expect(out(`mail.${bob}.`)).toBe(`mail.${bob}.zones.example.`)
  expect(out('cdn.example.net.')).toBe('cdn.example.net.')
  expect(out('.')).toBe('.')
  const longest: Name = parseName(`${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.${bob}.`)
  expect(() => outward(longest, place.view)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  expect(apexOf(alice).isAtOrBelow(place.view.apex)).toBe(true)
})
