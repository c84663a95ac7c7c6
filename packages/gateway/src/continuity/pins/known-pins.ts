import type { ZoneId } from '@signpost/core'
import { type Name, SignpostError, parseName } from '@signpost/dns'
import type { ContinuityStore, Table } from '../continuity-store.ts'
import type { Candidate, Pin, PinReport, PinStats } from './pin.ts'
import { decodePin, encodePin } from './pin-codec.ts'

/** A domain with the zone that stands in for it. */
export interface PinnedDomain {
  readonly domain: Name
  readonly zoneId: ZoneId
  readonly by: PinReport['by']
}

interface Learned {
  readonly domain: Name
  readonly pin: Pin
}

export interface KnownPinsParts {
  /** Learned pins at most; candidates a quarter of that. */
  readonly most: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Undefined where nothing outlives the process. */
  readonly store: ContinuityStore | undefined
}

/** The part of all pins that may be candidates at once. */
const CANDIDATES_PART = 1 / 4
/** Milliseconds for which a pin keeps its place although its domain does not say it any more, or nobody asks for it. */
const KEPT = 90 * 86_400_000

/** The pins that were learned, on disk too, and those that the user set, which count before them. */
export class KnownPins {
  private readonly parts: KnownPinsParts
  private table: Table | undefined
  private readonly learned = new Map<string, Learned>()
  private readonly candidates = new Map<string, { readonly domain: Name; readonly candidate: Candidate }>()
  private own: ReadonlyMap<string, PinnedDomain> = new Map()
  /** Whether what was learned counts. */
  private usesLearned = true

  constructor(parts: KnownPinsParts) {
    this.parts = parts
    this.keepIn(parts.store)
  }

  /** Keeps what was learned in a store from now on, and takes back what else is in it. */
  keepIn(store: ContinuityStore | undefined): void {
    this.table = store?.table('pins')
    const before = [...this.learned.values()]
    for (const [text, octets] of this.table?.takeRows() ?? []) {
      const domain = readDomain(text)
      const pin = decodePin(octets)
      if (domain === undefined || pin === undefined || this.learned.size >= this.parts.most)
        this.table?.delete(text)
      else if (!this.learned.has(domain.key)) this.learned.set(domain.key, { domain, pin })
    }
    for (const { domain, pin } of before) this.table?.set(printDomain(domain), () => encodePin(pin))
  }

  /** What the user wants from now on: pins of their own, and whether those count that are learned. */
  configure(own: readonly Omit<PinnedDomain, 'by'>[], usesLearned: boolean): void {
    this.own = new Map(own.map(({ domain, zoneId }) => [domain.key, { domain, zoneId, by: 'user' }]))
    this.usesLearned = usesLearned
  }

  /** That of the nearest domain at or above a name. */
  find(name: Name): PinnedDomain | undefined {
    if (this.own.size === 0 && (!this.usesLearned || this.learned.size === 0)) return undefined
    for (let at = name; !at.isRoot; at = at.parent) {
      const pinned = this.pinnedAt(at)
      if (pinned !== undefined) return pinned
    }
    return undefined
  }

  learnedOf(domain: Name): Pin | undefined {
    return this.learned.get(domain.key)?.pin
  }

  candidateOf(domain: Name): Candidate | undefined {
    return this.candidates.get(domain.key)?.candidate
  }

  /** @returns false where there is no room for it. */
  learn(domain: Name, pin: Pin | undefined, candidate: Candidate | undefined): boolean {
    this.keepCandidate(domain, candidate)
    const before = this.learned.get(domain.key)?.pin
    if (pin === before) return true
    const text = printDomain(domain)
    if (pin === undefined) {
      this.learned.delete(domain.key)
      this.table?.delete(text)
      return true
    }
    if (before === undefined && this.learned.size >= this.parts.most && !this.makeRoom()) return false
    this.learned.set(domain.key, { domain, pin })
    this.table?.set(text, () => encodePin(pin))
    return true
  }

  /** Whether there was something to forget. */
  forget(domain: Name): boolean {
    const wasKnown = this.learned.has(domain.key) || this.candidates.has(domain.key)
    this.learn(domain, undefined, undefined)
    return wasKnown
  }

  /** In the order of the domains. */
  reports(): PinReport[] {
    const learned = this.usesLearned ? [...this.learned.values()] : []
    const reports = [
      ...[...this.own.values()].map(({ domain, zoneId, by }): PinReport => {
        const said = learned.find(each => each.domain.equals(domain))?.pin
        const differs = said !== undefined && said.zoneId !== zoneId
        const report = { domain: printDomain(domain), zoneId, by }
        return differs ? { ...report, conflict: { zoneId: said.zoneId, since: said.since } } : report
      }),
      ...learned
        .filter(({ domain }) => !this.own.has(domain.key))
        .map(({ domain, pin: { zoneId, by, since, conflict } }): PinReport => {
          const report = { domain: printDomain(domain), zoneId, by, since }
          return conflict === undefined ? report : { ...report, conflict }
        }),
      ...[...this.candidates.values()]
        .filter(({ domain }) => this.usesLearned && !this.own.has(domain.key))
        .map(({ domain, candidate: { zoneId } }): PinReport => {
          return { domain: printDomain(domain), zoneId, by: 'first-use', isWaiting: true }
        }),
    ]
    return reports.toSorted((some, other) => (some.domain < other.domain ? -1 : 1))
  }

  stats(): PinStats {
    const pins = { dnssec: 0, 'first-use': 0, user: 0 }
    let waiting = 0
    let conflicts = 0
    for (const { by, isWaiting, conflict } of this.reports()) {
      if (isWaiting === true) waiting++
      else pins[by]++
      if (conflict !== undefined) conflicts++
    }
    return { pins, waiting, conflicts }
  }

  private pinnedAt(name: Name): PinnedDomain | undefined {
    const own = this.own.get(name.key)
    if (own !== undefined || !this.usesLearned) return own
    const learned = this.learned.get(name.key)
    return learned && { domain: learned.domain, zoneId: learned.pin.zoneId, by: learned.pin.by }
  }

  private keepCandidate(domain: Name, candidate: Candidate | undefined): void {
    if (candidate === undefined) this.candidates.delete(domain.key)
    else if (
      this.candidates.has(domain.key) ||
      this.candidates.size < Math.ceil(this.parts.most * CANDIDATES_PART)
    )
      this.candidates.set(domain.key, { domain, candidate })
  }

  /** Only what has not been seen for long goes: a flood of new domains takes no known pin away. */
  private makeRoom(): boolean {
    let oldest: Learned | undefined
    for (const each of this.learned.values())
      if (oldest === undefined || each.pin.seenAt < oldest.pin.seenAt) oldest = each
    if (oldest === undefined || this.parts.now() - oldest.pin.seenAt < KEPT) return false
    return this.forget(oldest.domain)
  }
}

/** In lower case, without the final dot. */
export function printDomain(domain: Name): string {
  return domain.toString().toLowerCase().slice(0, -1)
}

function readDomain(text: string): Name | undefined {
  try {
    const domain = parseName(text)
    return domain.isRoot ? undefined : domain
  } catch (error) {
    if (error instanceof SignpostError) return undefined
    throw error
  }
}
