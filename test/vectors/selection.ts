import { type SignedRecord, compareRecords, isEquivocation, signRecord } from '@signpost/core'
import { signer, zoneId } from './keys.ts'
import { hex } from './octets.ts'
import { zoneOfText } from './records.ts'

export interface SelectionVectors {
  readonly about: string
  readonly pairs: readonly {
    readonly name: string
    readonly winner: string
    readonly loser: string
    readonly equivocation: boolean
  }[]
}

function make(sequence: number, expiresAt: number, last: number): Promise<SignedRecord> {
  return signRecord({ zoneId, content: zoneOfText(`@ A 192.0.2.${last}\n`), sequence, expiresAt }, signer)
}

export async function selectionVectors(): Promise<SelectionVectors> {
  const may = Date.UTC(2030, 4, 1)
  const june = Date.UTC(2030, 5, 1)
  const cases: [string, SignedRecord, SignedRecord][] = [
    ['the higher sequence, though it expires sooner', await make(2, may, 1), await make(1, june, 1)],
    ['sequence 10 is above sequence 9', await make(10, may, 1), await make(9, may, 1)],
    ['one sequence: the later validity', await make(1, june, 1), await make(1, may, 9)],
    ['one sequence, one validity: the greater data', await make(1, june, 2), await make(1, june, 1)],
  ]
  const pairs = cases.map(([name, winner, loser]) => {
    if (compareRecords(winner, loser) <= 0) throw new Error(`${name}: the other one wins`)
    return {
      name,
      winner: hex(winner.bytes),
      loser: hex(loser.bytes),
      equivocation: isEquivocation(winner, loser),
    }
  })
  return {
    about: 'Which of two valid records of one zone wins, whatever the order in which they come.',
    pairs,
  }
}
