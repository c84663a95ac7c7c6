import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseName } from './name.ts'
import { WireReader, WireWriter } from './wire.ts'

const labels = fc.array(fc.constantFrom('a', 'A', 'b', 'host', 'x'.repeat(63)), { maxLength: 3 })
const names = fc.array(
  labels.map(parts => parseName(`${parts.join('.')}.`.replace(/^\.$/, '.'))),
  { minLength: 1, maxLength: 400 },
)

test('however many names are written, each reads back with its own letters, and none is written twice', () => {
  fc.assert(
    fc.property(names, written => {
      const writer = new WireWriter()
      for (const name of written) writer.name(name)
      const octets = writer.finish()
      const reader = new WireReader(octets)
      const starts = new Map<string, number>()
      for (const name of written) {
        const start = reader.offset
        expect(reader.name().toString()).toBe(name.toString())
        const length = reader.offset - start
        if (starts.has(name.toString()) && !name.isRoot) expect(length).toBe(2)
        starts.set(name.toString(), start)
      }
    }),
  )
})

test('a writer that starts a new message points into that message alone', () => {
  const writer = new WireWriter()
  const [some, other] = [parseName('www.example.'), parseName('example.')]
  const many = Array.from({ length: 2000 }, (_, n) => parseName(`n${n}.example.`))
  for (const name of [other, some, ...many]) writer.name(name)
  writer.clear()
  writer.name(some)
  writer.name(other)
  expect([...writer.finish()]).toEqual([...some.wire, 0xc0, 4])
})
