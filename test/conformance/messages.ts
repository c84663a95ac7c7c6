import { readCases } from './case.ts'
import { concat } from './notation.ts'
import { writeQuery } from './query.ts'
import type { Random } from './random.ts'

/** The queries of all cases: what is near to them is what reaches deepest. */
export async function readCorpus(origins: readonly string[]): Promise<readonly Uint8Array[]> {
  const cases = [...(await readCases()).values()].flat()
  return origins.flatMap(origin =>
    cases.flatMap(({ queries }) => queries.map(query => writeQuery(query, origin, 0).octets)),
  )
}

const ODD_OCTETS = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff]
/** Octets of a UDP message at most: more than any client sends, and still one packet on loopback. */
const LONGEST = 8000

/** A message with something wrong with it, as a rule. Its first two octets are the identifier, where it has so many. */
export function mutate(random: Random, corpus: readonly Uint8Array[], id: number): Uint8Array {
  // Now and then nothing is wrong, and now and then all of it.
  if (random.once(200)) return withId(random.octets(random.below(600)), id)
  let message: Uint8Array = random.of(corpus)
  for (let changes = random.below(random.once(3) ? 7 : 3); changes > 0; changes--)
    message = change(random, message, corpus)
  return withId(message.subarray(0, LONGEST), id)
}

function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(message)
  if (copy.length >= 2) copy.set([id >>> 8, id & 0xff])
  return copy
}

function change(random: Random, message: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
  const at = random.below(message.length + 1)
  const [before, after] = [message.subarray(0, at), message.subarray(at)]
  switch (random.below(9)) {
    case 0:
      return concat([before, random.octets(1), after.subarray(1)])
    case 1:
      return concat([before, Uint8Array.of(random.of(ODD_OCTETS)), after.subarray(1)])
    case 2:
      return concat([before, after.subarray(1 + random.below(8))])
    case 3:
      return concat([before, random.octets(1 + random.below(16)), after])
    case 4:
      // As short as it comes, but mostly with a header.
      return random.once(4) ? before : message.subarray(0, Math.max(12, at))
    case 5: {
      const other = random.of(corpus)
      return concat([before, other.subarray(random.below(other.length + 1))])
    }
    case 6:
      // A pointer to anywhere.
      return concat([before, Uint8Array.of(0xc0 | random.below(4), random.below(256)), after.subarray(2)])
    case 7: {
      // A count that says something else than there is.
      const count = 4 + 2 * random.below(4)
      return concat([
        message.subarray(0, count),
        Uint8Array.of(0, random.below(4)),
        message.subarray(count + 2),
      ])
    }
    default:
      return concat([before, after, after])
  }
}

/** What is not replied to: less than a header, and responses. */
export function isSilent(message: Uint8Array): boolean {
  return message.length < 12 || (message[2] as number) >= 0x80
}
