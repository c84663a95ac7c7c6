import type { ZoneId } from '@signpost/core'
import type { Candidate, Pin, PinProof } from './pin.ts'
import type { PinWord } from './pin-word.ts'

/** What a look at a domain saw. */
export type Sighting =
  /** Nothing that says anything: no answer, no proof, or false ones. */
  | { readonly kind: 'nothing'; readonly reason: string }
  | {
      readonly kind: 'seen'
      /** `first-use` where it is proved that the domain is not signed. */
      readonly by: PinProof
      readonly word: PinWord
      /** It came over TLS or HTTPS, so that nobody on the path had a hand in it. */
      readonly isSecured: boolean
    }

export interface PinFacts {
  readonly pin: Pin | undefined
  readonly candidate: Candidate | undefined
  readonly sighting: Sighting
  /** The zone that the pin's own zone names as the one that follows it, signed with the old key. */
  readonly successor: ZoneId | undefined
  /** `steady` as in {@link Candidate}, `time` as in {@link Pin}. */
  readonly now: { readonly steady: number; readonly time: number }
  /** Milliseconds after which an unsigned domain must have said the same again. */
  readonly proof: number
}

/** What is known of a domain after a look. */
export interface PinDecision {
  readonly pin: Pin | undefined
  readonly candidate: Candidate | undefined
  /** What people are told. */
  readonly news?: 'pinned' | 'moved' | 'removed' | 'conflict' | 'unclear'
}

/**
 * What a look at a domain changes. A known pin changes by DNSSEC, or where its old key signed the new zone; it goes by DNSSEC
 * alone. Silence, doubt and an unsigned domain's word change nothing of it.
 */
export function decide(facts: PinFacts): PinDecision {
  const { pin, candidate, sighting } = facts
  if (sighting.kind === 'nothing') return { pin, candidate }
  const { word, by } = sighting
  if (word.kind === 'unclear') return { pin, candidate, news: 'unclear' }
  const said = word.kind === 'zone' ? word.zoneId : undefined
  if (by === 'dnssec') return proved(facts, said)
  return pin === undefined ? firstUse(facts, sighting.isSecured, said) : unproved(facts, pin, said)
}

function proved({ pin, now }: PinFacts, said: ZoneId | undefined): PinDecision {
  const candidate = undefined
  if (said === undefined)
    return pin === undefined ? { pin, candidate } : { pin: undefined, candidate, news: 'removed' }
  if (pin?.zoneId === said) return { pin: { ...confirmed(pin, now.time), by: 'dnssec' }, candidate }
  return {
    pin: pinTo(said, 'dnssec', now.time),
    candidate,
    news: pin === undefined ? 'pinned' : 'moved',
  }
}

function firstUse(
  { candidate, now, proof }: PinFacts,
  isSecured: boolean,
  said: ZoneId | undefined,
): PinDecision {
  if (said === undefined) return { pin: undefined, candidate: undefined }
  const isSame = candidate?.zoneId === said
  if (isSecured || (isSame && now.steady - candidate.firstSeen >= proof))
    return { pin: pinTo(said, 'first-use', now.time), candidate: undefined, news: 'pinned' }
  return { pin: undefined, candidate: isSame ? candidate : { zoneId: said, firstSeen: now.steady } }
}

function unproved({ successor, now }: PinFacts, pin: Pin, said: ZoneId | undefined): PinDecision {
  const candidate = undefined
  if (said === undefined) return { pin, candidate }
  if (said === pin.zoneId) return { pin: confirmed(pin, now.time), candidate }
  // The new key is known as well as the old one is, which signed it.
  if (said === successor) return { pin: pinTo(said, pin.by, now.time), candidate, news: 'moved' }
  if (pin.conflict?.zoneId === said) return { pin, candidate }
  return { pin: { ...pin, conflict: { zoneId: said, since: now.time } }, candidate, news: 'conflict' }
}

function confirmed({ zoneId, by, since }: Pin, time: number): Pin {
  return { zoneId, by, since, seenAt: time }
}

function pinTo(zoneId: ZoneId, by: PinProof, time: number): Pin {
  return { zoneId, by, since: time, seenAt: time }
}

/** The user lets the domain have its way. Undefined where there is nothing to decide. */
export function accept({ conflict }: Pin, time: number): Pin | undefined {
  return conflict === undefined ? undefined : pinTo(conflict.zoneId, 'first-use', time)
}
