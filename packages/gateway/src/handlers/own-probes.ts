import { ExtendedError } from '@signpost/dns'
import type { Handler } from '../handler.ts'
import { type LoopGuard, PROBE_TYPE } from '../upstream/loop-guard.ts'

/** Knows the questions by which this gateway finds out whether an upstream asks it itself. */
export function recognizeOwnProbes(loops: Pick<LoopGuard, 'isOwnProbe'>): Handler {
  return (query, next) => {
    const { type, name } = query.question
    if (type !== PROBE_TYPE || !loops.isOwnProbe(name)) return next(query)
    const text = 'this gateway asked that itself, so whoever passed it on forwards in a circle'
    return { kind: 'refused', extendedError: { infoCode: ExtendedError.OTHER, text } }
  }
}
