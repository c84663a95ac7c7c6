import { ExtendedError } from '@signpost/dns'
import { askForProof } from './ask-for-proof.ts'
import type { Refusal } from '../outcome.ts'
import type { Query } from '../query.ts'

/**
 * What becomes of a question over a rate. Whoever may be somebody else is asked to show its address now and then, which
 * makes no more octets than it sent, and else hears nothing; a client that has shown it hears the reason.
 * @param inRow how often in a row it was over the rate, from 1.
 * @param slip of so many, the first is not met with silence; 0 is none.
 */
export function turnAway(query: Query, inRow: number, slip: number, reason: string): Refusal {
  if (query.addressProven)
    return { kind: 'over-limit', extendedError: { infoCode: ExtendedError.PROHIBITED, text: reason } }
  return slip > 0 && (inRow - 1) % slip === 0 ? askForProof(query) : { kind: 'dropped' }
}
