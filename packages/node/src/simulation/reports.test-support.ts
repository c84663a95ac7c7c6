import { type SignedRecord, descentOf } from '@signpost/core'
import type { PublishConflictError } from '../errors.ts'
import type { Attempt } from './publisher.test-support.ts'

/** What a simulation has come to. */
export interface Course {
  readonly attempts: readonly Attempt[]
  /** What stands at the end, oldest first. */
  readonly chain: readonly SignedRecord[]
  /** Conflicts that each publisher's node told by itself. */
  readonly reported: readonly (readonly PublishConflictError[])[]
}

/**
 * Checks that every publication that was lost was reported once, and that what was refused before it was signed was
 * never put. Returns how many were lost.
 */
export function checkReports({ attempts, chain, reported }: Course): number {
  let lost = 0
  for (const attempt of attempts) {
    const { publisher, version, put, outcome, conflict } = attempt
    const what = `version ${version} of publisher ${publisher} (${outcome})`
    if (outcome === 'conflict' && (conflict?.lost === undefined) !== (put.length === 0))
      throw new Error(`${what}: ${put.length} were put, and its conflict says otherwise`)
    const last = put.at(-1)
    if (last === undefined || chain.some(record => isSame(record, last))) continue
    lost++
    const own = attempts.filter(other => other.publisher === publisher)
    const told = (reported[publisher] ?? []).map(({ lost }) => (lost === undefined ? [] : [lost]))
    // Calls at once that make the very same record are one publication: those that have not ended are told.
    const [same, others] = [true, false].map(makes =>
      own.filter(({ put }) => put.some(record => isSame(record, last)) === makes),
    ) as [Attempt[], Attempt[]]
    const reports = reportsOf(last, [same.flatMap(heardOf), ...others.map(heardOf), ...told], own)
    // Whoever was killed while it published may have heard of it just before.
    if (reports !== 1 && !(outcome === 'killed' && reports === 0))
      throw new Error(`${what}, sequence ${last.sequence}, was lost and reported ${reports} times`)
  }
  return lost
}

/** What a call of `publish` learnt that it had lost: it says so in the end, or it has made the change again. */
function heardOf({ put, outcome, conflict }: Attempt): readonly SignedRecord[] {
  if (outcome === 'published') return put.slice(0, -1)
  return conflict?.lost === undefined ? [] : put
}

/** How often a loss was reported: by its name, or else as part of the loss of what its publisher built on it. */
function reportsOf(
  lost: SignedRecord,
  reports: readonly (readonly SignedRecord[])[],
  own: readonly Attempt[],
): number {
  const named = reports.filter(records => records.some(record => isSame(record, lost))).length
  if (named > 0) return named
  const mine = own.flatMap(({ put }) => put)
  const covers = (record: SignedRecord): boolean => descentOf(record, lost, mine) === 'descends'
  return reports.filter(records => records.some(covers)).length
}

function isSame(a: SignedRecord, b: SignedRecord): boolean {
  return Buffer.compare(a.data, b.data) === 0
}
