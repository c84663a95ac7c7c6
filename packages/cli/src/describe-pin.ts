import type { PinReport } from '@signpost/gateway'
import { printDuration } from './values/duration.ts'

const HOW: Readonly<Record<PinReport['by'], string>> = {
  dnssec: 'by DNSSEC',
  'first-use': 'by first use',
  user: 'by you',
}

/** A line for people. @param now milliseconds since the epoch. */
export function describePin(pin: PinReport, now: number): string {
  const { domain, zoneId, by, isWaiting, conflict } = pin
  if (isWaiting === true) return `${domain} ${zoneId} seen once, and used when it is seen again`
  const line = `${domain} ${zoneId} ${HOW[by]}`
  return conflict === undefined ? line : `${line}; ${describeConflict(pin, now)}`
}

/** What the user has to decide. @param now milliseconds since the epoch. */
export function describeConflict({ domain, by, conflict }: PinReport, now: number): string {
  if (conflict === undefined) return ''
  const named = `it names ${conflict.zoneId} for ${printDuration(now - conflict.since)}`
  return by === 'user'
    ? `${named}; where that is right: signpost pin remove ${domain}`
    : `${named}, which nothing proves; where that is right: signpost pin accept ${domain}`
}
