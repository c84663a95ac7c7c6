import type { RoutingAnswer } from './routing.ts'

/**
 * The answers of peers, and `own` among them: after `wait` milliseconds without a value, or when all peers were
 * heard and none had one. A peer that answers in time makes `own` unnecessary.
 */
export async function* orAfter(
  ask: (signal: AbortSignal) => AsyncGenerator<RoutingAnswer>,
  own: RoutingAnswer,
  wait: number,
  signal: AbortSignal,
): AsyncGenerator<RoutingAnswer> {
  const leaving = new AbortController()
  const answers = ask(AbortSignal.any([signal, leaving.signal]))
  const patience = Promise.withResolvers<undefined>()
  const timer = setTimeout(patience.resolve, wait, undefined)
  let needed = true
  let next = answers.next()
  try {
    for (;;) {
      const step = needed ? await Promise.race([next, patience.promise]) : await next
      if (step === undefined || step.done === true) {
        if (needed && !signal.aborted) yield own
        needed = false
        if (step !== undefined) return
        continue
      }
      if (step.value.kind === 'value') needed = false
      yield step.value
      next = answers.next()
    }
  } finally {
    clearTimeout(timer)
    leaving.abort()
    // Only now can it end: until the signal it may wait for a peer.
    await answers.return(undefined)
  }
}
