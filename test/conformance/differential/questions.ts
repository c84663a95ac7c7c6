import type { Random } from '../random.ts'
import { TYPES, typeByNumber } from './rdata.ts'
import type { ZoneSet } from './zone-set.ts'

export interface Asked {
  readonly name: string
  readonly type: string
}

const OTHER_TYPES = ['A', 'AAAA', 'CNAME', 'DNAME', 'MX', 'NS', 'SOA', 'TXT', 'TYPE1000', 'TYPE65535']

/** Questions about what is there, what is almost there, and what is not. */
export function makeQuestions(random: Random, { owners, origins }: ZoneSet, count: number): Asked[] {
  return Array.from({ length: count }, () =>
    // DS is asked for where it may stand: unbound, which is to be compared with itself here, does not take an alias for it
    // from its cache where the letters are in another case.
    random.once(40)
      ? { name: random.of(origins), type: 'DS' }
      : {
          name: nameFrom(random, owners, origins),
          type: typeByNumber(random.of(random.once(3) ? TYPES : OTHER_TYPES)),
        },
  )
}

function nameFrom(random: Random, owners: readonly string[], origins: readonly string[]): string {
  const owner = random.of(owners)
  const plain = owner.startsWith('*.') ? owner.slice(2) : owner
  switch (random.below(10)) {
    case 0:
      return random.of(origins)
    case 1:
      return `${random.of(['big', 'long', 'ns', 'mail', 'nothing'])}.${random.of(origins)}`
    case 2:
      return `below.${plain}`
    case 3:
      // One label less: an empty non-terminal as often as not.
      return plain.replace(/^(?:\\.|[^.\\])+\./, '')
    case 4:
      return `${random.of(['one', 'two.three', '*'])}.${plain}`
    case 5:
      return plain.toUpperCase()
    default:
      return owner
  }
}
