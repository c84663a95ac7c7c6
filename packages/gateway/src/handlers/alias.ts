import type { Name, ResourceRecord } from '@signpost/dns'
import { type Outcome, type Provenance, behindAlias, printChain } from '../outcome.ts'
import type { Resolve } from '../handler.ts'
import { type Query, askNext } from '../query.ts'

/**
 * Goes on at an alias's target as if the client had asked for it, so that it may lie in the same zone, in another
 * one, or in ordinary DNS.
 * @param records the records of the alias, as the client sees them.
 * @param resolve the whole pipeline.
 */
export async function followAlias(
  query: Query,
  records: readonly ResourceRecord[],
  target: Name,
  provenance: Provenance,
  resolve: Resolve,
): Promise<Outcome> {
  const next = askNext(query, target)
  if (next !== undefined) return behindAlias(records, provenance, target, await resolve(next))
  const chain = printChain([...query.trail, query.question.name, target])
  return {
    kind: 'loop',
    text: `the aliases go in a circle or on for too long: ${chain}`,
    zones: provenance.zones,
  }
}
