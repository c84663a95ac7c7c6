import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arrivals, WAITING_OCTETS } from './arrivals.ts'
import { MalformedKadMessageError, encodeVarint } from './kad-message.ts'
import { LONGEST_MESSAGE } from './kad-stream.ts'

function message(length: number): Uint8Array {
  return Buffer.concat([encodeVarint(length), new Uint8Array(length)])
}

test('however messages are cut into pieces, each counts until it is answered', () => {
  const lengths = fc.array(fc.nat(40_000), { maxLength: 12 })
  const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 30_000 }))
  fc.assert(
    fc.property(lengths, sizes, (lengths, sizes) => {
      const arrivals = new Arrivals()
      let waiting = 0
      for (const length of lengths) {
        const octets = message(length)
        waiting += octets.length
        const takeAll = (): void => {
          for (let at = 0; at < octets.length; ) {
            const size = sizes.next().value
            arrivals.take(octets.subarray(at, at + size))
            at += size
          }
        }
        if (waiting > WAITING_OCTETS) {
          expect(takeAll).toThrow(MalformedKadMessageError)
          return
        }
        takeAll()
        if (length % 3 === 0) continue
        arrivals.answered()
        waiting = 0
        for (let more = 0; more < lengths.length; more++) arrivals.answered()
      }
    }),
  )
})

test('a message of 64 KiB is taken, and one with an octet more is not', () => {
  new Arrivals().take(message(LONGEST_MESSAGE))
  expect(() => {
    new Arrivals().take(encodeVarint(LONGEST_MESSAGE + 1))
  }).toThrow(MalformedKadMessageError)
})

test('messages without an octet do not wait for ever', () => {
  const arrivals = new Arrivals()
  arrivals.take(new Uint8Array(WAITING_OCTETS))
  expect(() => {
    arrivals.take(new Uint8Array(1))
  }).toThrow(MalformedKadMessageError)
})
