/** Milliseconds of a clock that never goes back, from some start of its own. */
export function monotonicNow(): number {
  return performance.now()
}
