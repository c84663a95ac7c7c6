import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, frame } from './frames.ts'

test('however a stream is cut into chunks, the same messages come out', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 })
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(frame))
      const reader = new FrameReader()
      const arrived: number[][] = []
      for (let at = 0, n = 0; at < stream.length; n++) {
        const length = cuts[n % cuts.length]!
        // The chunk's memory is used again for the next one, as a socket's may be.
        const chunk = Uint8Array.from(stream.subarray(at, at + length))
        arrived.push(...reader.push(chunk).map(message => [...message]))
        chunk.fill(0xee)
        at += length
        expect(reader.isInsideMessage).toBe(
          at < stream.length && arrived.length < sent.length && isInside(sent, at),
        )
      }
      expect(arrived).toEqual(sent.map(message => [...message]))
      expect(reader.isInsideMessage).toBe(false)
    }),
  )
})

function isInside(sent: readonly Uint8Array[], at: number): boolean {
  let end = 0
  for (const message of sent) {
    if (at === end) return false
    end += message.length + 2
    if (at < end) return true
  }
  return false
}

test('a frame is two octets of length and the message', () => {
  expect([...frame(Uint8Array.of(7, 8, 9))]).toEqual([0, 3, 7, 8, 9])
  expect([...frame(new Uint8Array(65_535)).subarray(0, 3)]).toEqual([0xff, 0xff, 0])
})
