import type { PublishProgress, ResolveOutcome } from '@signpost/node'
import type { Step } from './resolve-name.ts'
import { printDuration } from './values/duration.ts'

/** One event of a lookup or a publication, as a line for people. */
export function printProgress(event: PublishProgress): string {
  switch (event.kind) {
    case 'disk':
      return event.sequence === undefined ? '  disk: nothing' : `  disk: sequence ${event.sequence}`
    case 'lookup':
      return event.joined ? '  asking peers (with another lookup of the same zone)' : '  asking peers'
    case 'peer':
      return `  peer ${event.peer}: ${event.answer}${event.sequence === undefined ? '' : `, sequence ${event.sequence}`}`
    case 'best':
      return `  best so far: sequence ${event.sequence}`
    case 'end':
      return `  the lookup ended: ${event.reason}`
    case 'stored':
      return `  sequence ${event.sequence} is on disk`
    case 'ack':
      return `  peer ${event.peer}: ${event.ok ? 'took it' : 'did not take it'} (${event.acks} of ${event.asked})`
    case 'stands':
      return `  sequence ${event.sequence} stands: ${event.agreed} peers say so`
  }
}

/** One step from a name to its records, as a line for people. */
export function printStep(step: Step): string {
  if (step.kind === 'zone') return `zone ${step.zoneId}: ${printOutcome(step.outcome)}`
  const next = step.next === undefined ? '' : `, on to ${step.next.toString()}`
  return `lookup ${step.name.toString()}: ${step.result}${next}`
}

/** The same for programs. */
export function jsonStep(step: Step): object {
  if (step.kind === 'lookup')
    return { step: 'lookup', name: step.name.toString(), result: step.result, next: step.next?.toString() }
  const { zoneId, outcome } = step
  const { kind, provenance } = outcome
  if (kind === 'invalid')
    return { step: 'zone', zoneId, outcome: kind, error: outcome.error.message, provenance }
  if (kind === 'absent') return { step: 'zone', zoneId, outcome: kind, provenance }
  const { sequence, validity } = outcome.record
  const freshness = kind === 'found' ? outcome.freshness : 'expired'
  return { step: 'zone', zoneId, outcome: kind, sequence, validUntil: validity, freshness, provenance }
}

export function printOutcome(outcome: ResolveOutcome): string {
  const { source, agreed, asked, elapsed } = outcome.provenance
  const from = source === 'disk' ? 'from disk' : `from the network, ${agreed} of ${asked} peers agree`
  const how = `${from}, ${Math.round(elapsed)} ms`
  switch (outcome.kind) {
    case 'found': {
      const { confirmedAt } = outcome
      const confirmed =
        confirmedAt === undefined
          ? 'never confirmed'
          : `confirmed ${printDuration(Math.max(0, Date.now() - confirmedAt))} ago`
      return `sequence ${outcome.record.sequence}, ${outcome.freshness}, ${confirmed}, ${how}`
    }
    case 'expired':
      return `sequence ${outcome.record.sequence}, expired ${outcome.record.validity}, ${how}`
    case 'invalid':
      return `nothing usable (${outcome.error.message}), ${how}`
    case 'absent':
      return `nothing, ${how}`
  }
}
