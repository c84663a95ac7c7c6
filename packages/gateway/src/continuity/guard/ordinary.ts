import type { Found } from '../../outcome.ts'

/** Whether all that was found is the word of ordinary DNS, whole and of now. */
export function isOrdinary({ provenance, partial, extendedError }: Found): boolean {
  return (
    provenance.source === 'upstream' &&
    provenance.zones.length === 0 &&
    !provenance.stale &&
    partial === undefined &&
    extendedError === undefined
  )
}
