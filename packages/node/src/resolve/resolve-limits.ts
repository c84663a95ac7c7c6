import { type Limit, checkLimit } from '@signpost/dns'

/** How long and how far a node looks. Times are in milliseconds. */
export interface ResolveLimits {
  /** A lookup ends at the latest after this, whatever peers do. */
  readonly deadline: number
  /** A lookup ends when this many peers of each network have given the best record. */
  readonly quorum: number
  /** How long a caller that has a stale copy waits for peers before it gets that copy. */
  readonly staleWait: number
  /**
   * After a lookup in vain, the zone's stale or expired copy answers at once for this long. Where there is no copy,
   * the failure itself is repeated: for a second, then for ever longer, up to this.
   */
  readonly failureRecheck: number
  /**
   * Zones that somebody waits for at once; beyond them a caller gets the copy on disk, or is told to come back. As many
   * lookups again go on behind their answers; beyond them the one that answered first ends.
   */
  readonly lookups: number
  /** Answers that a lookup takes; more than any honest network gives. */
  readonly answers: number
  /** How long peers that held an older record have to take the newer one. */
  readonly correctionDeadline: number
}

export const RESOLVE_LIMITS: { readonly [Name in keyof ResolveLimits]: Limit } = {
  // A lookup among frozen peers was measured to take 5 to 6 s; a slow public network takes 11 s.
  deadline: { default: 15_000, min: 100, max: 120_000 },
  // All k = 20 peers that hold a record (Kademlia, section 2.3): with fewer, an old record that somebody put to most
  // of them would hide the one that the rest hold. Nobody waits for it who has a usable answer.
  quorum: { default: 20, min: 1, max: 20 },
  // RFC 8767, section 5: the client response timer.
  staleWait: { default: 1_800, min: 0, max: 10_000 },
  // RFC 8767, section 5: the failure recheck timer.
  failureRecheck: { default: 30_000, min: 1_000, max: 300_000 },
  // Each begins with requests to the 20 closest peers that it knows (kad-dht: alpha = 10 on ten disjoint paths).
  lookups: { default: 256, min: 1, max: 10_000 },
  // Far more than the k = 20 closest peers and those on the way to them, in the largest network.
  answers: { default: 256, min: 20, max: 10_000 },
  correctionDeadline: { default: 10_000, min: 100, max: 60_000 },
}

/** @throws InvalidConfigError for a value outside its range. */
export function resolveLimits(wanted: Partial<ResolveLimits> = {}): ResolveLimits {
  const limitOf = (name: keyof ResolveLimits): number =>
    checkLimit(`resolve.${name}`, wanted[name], RESOLVE_LIMITS[name])
  return {
    deadline: limitOf('deadline'),
    quorum: limitOf('quorum'),
    staleWait: limitOf('staleWait'),
    failureRecheck: limitOf('failureRecheck'),
    lookups: limitOf('lookups'),
    answers: limitOf('answers'),
    correctionDeadline: limitOf('correctionDeadline'),
  }
}
