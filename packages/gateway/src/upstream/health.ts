import { RecentMap } from '../abuse/recent-map.ts'
import type { Limits } from '../limits.ts'

/**
 * `up`: it answers. `late`: it owes a reply for longer than its replies take, or gave none that was of use; others go
 * before it. `down`: it did not answer several times in a row, this gateway's own question neither, and nobody waits for
 * it any more.
 */
export type Condition = 'up' | 'late' | 'down'

/** How a server is. */
export interface ServerHealth {
  readonly condition: Condition
  /** Milliseconds that its replies take, smoothed; undefined where it never gave one. */
  readonly roundTrip: number | undefined
}

/** Whom to ask. */
export interface Plan {
  /** One after the other, the best first. Empty where nobody is worth waiting for. */
  readonly order: readonly string[]
  /** At the same time as the first, once, to learn how they are. */
  readonly alongside: readonly string[]
  /** Get a question of this gateway's own, of which {@link Health.probed} hears the end. */
  readonly probed: readonly string[]
}

/** What came of a question of this gateway's own. `bogus`: the server says that it does not validate. */
export type ProbeFinding = 'answered' | 'silent' | 'bogus'

export type HealthLimits = Pick<Limits, 'upstreamTry' | 'upstreamPatience' | 'upstreamProbe'>

/** Failures in a row, none sent before the one before it was noticed, after which a server is asked this gateway's own question. */
const FAILURES = 3
/** How many times as long as the first pause the longest one is. */
const LONGEST_PAUSE = 64
/** The part of `upstreamTry` that a server is waited for of which nothing is known, and the most for any. */
const FIRST_PATIENCE = 1 / 4
const MOST_PATIENCE = 1 / 2
/** Servers that are remembered. Upstreams are few; those to which zones hand labels are the zones' choice. */
const MEMORY = 2000

interface Memory {
  roundTrip: number | undefined
  /** Mean deviation of the round trip (RFC 6298, section 2). */
  deviation: number
  late: boolean
  failures: number
  /** Names in a row that it found bogus. */
  bogus: number
  /** A question of this gateway's own is out. */
  isProbed: boolean
  /** It did not answer that. */
  isSilent: boolean
  /** It found that bogus, so it says nothing about other names either. */
  isMistaken: boolean
  repliedAt: number
  failedAt: number
  /** When it was tried last, or when that was seen to have failed. */
  triedAt: number
  /** When it is tried next; where it is up, measured. */
  triedNext: number
  pause: number
}

/**
 * Knows how servers do and decides whom to ask. Times are milliseconds of a clock that never goes back, given by the
 * caller. A server that owes a reply only counts as such where none came since that was sent: what is slow is then
 * perhaps the name, not the server. For the same reason no question of a client's makes a server `down`: whoever asks for
 * names that nobody answers, or that do not validate, must not take it away from the others. They only make it suspect,
 * and a question decides to which every resolver has the answer.
 */
export class Health {
  private readonly limits: HealthLimits
  private readonly servers = new RecentMap<Memory>(MEMORY)

  constructor(limits: HealthLimits) {
    this.limits = limits
  }

  /**
   * @param servers in the order in which they are asked while nothing is known of them.
   * @param measure whether one of them may be asked besides, only to learn how it is.
   */
  plan(servers: readonly string[], now: number, measure: boolean): Plan {
    const known = servers.map(server => ({ server, memory: this.memoryOf(server, now) }))
    const awake = known.filter(({ memory }) => !memory.isSilent)
    if (awake.length === 0) return this.planForNobody(known, now)
    const order = [
      ...byRoundTrip(awake.filter(({ memory }) => !memory.late)),
      ...byRoundTrip(awake.filter(({ memory }) => memory.late)),
    ]
    const alongside: string[] = []
    const due = known.find(({ memory }) => now >= memory.triedNext && memory !== order[0]?.memory)
    if (measure && due !== undefined) {
      due.memory.triedAt = now
      if (due.memory.late) due.memory.pause = Math.min(due.memory.pause * 2, this.longestPause)
      due.memory.triedNext = now + due.memory.pause
      alongside.push(due.server)
    }
    return {
      order: order.map(({ server }) => server).filter(server => !alongside.includes(server)),
      alongside,
      probed: probe(
        known.filter(
          ({ server, memory }) => isSuspect(memory) || (memory.isSilent && alongside.includes(server)),
        ),
      ),
    }
  }

  /** Milliseconds after which somebody else is asked as well. */
  patience(server: string): number {
    const { upstreamTry, upstreamPatience } = this.limits
    const memory = this.servers.get(server)
    if (memory?.roundTrip === undefined) return upstreamTry * FIRST_PATIENCE
    // RFC 6298, section 2.3: nearly all replies take less.
    const usual = memory.roundTrip + 4 * memory.deviation
    return Math.min(Math.max(usual, upstreamPatience), upstreamTry * MOST_PATIENCE)
  }

  /**
   * It gave a reply that was of use, or one that says that there is no such thing.
   * @param isBogus it says that the name does not validate.
   */
  replied(server: string, sentAt: number, now: number, isBogus = false): void {
    const memory = this.memoryOf(server, now)
    memory.bogus = isBogus ? memory.bogus + 1 : 0
    memory.isMistaken &&= isBogus
    memory.isSilent = false
    const took = now - sentAt
    if (memory.roundTrip === undefined) {
      memory.roundTrip = took
      memory.deviation = took / 2
    } else {
      memory.deviation += (Math.abs(memory.roundTrip - took) - memory.deviation) / 4
      memory.roundTrip += (took - memory.roundTrip) / 8
    }
    memory.late = false
    memory.failures = 0
    memory.repliedAt = now
    memory.pause = this.longestPause
    memory.triedNext = now + this.longestPause
  }

  /** It did not reply in its usual time. */
  late(server: string, sentAt: number, now: number): void {
    const memory = this.memoryOf(server, now)
    if (memory.late || memory.repliedAt >= sentAt) return
    this.setAside(memory, now)
  }

  /** It did not reply at all, or in a way that is of no use where another server's reply was. */
  failed(server: string, sentAt: number, now: number): void {
    const memory = this.memoryOf(server, now)
    if (memory.repliedAt >= sentAt) return
    if (!memory.late) this.setAside(memory, now)
    if (sentAt < memory.failedAt) return
    memory.failedAt = now
    memory.triedAt = now
    memory.failures++
  }

  /** What came of a question of this gateway's own: whether it is the server that fails, or names do. */
  probed(server: string, finding: ProbeFinding, sentAt: number, now: number): void {
    const memory = this.memoryOf(server, now)
    memory.isProbed = false
    memory.failures = 0
    memory.bogus = 0
    memory.isSilent = finding === 'silent' && memory.repliedAt < sentAt
    memory.isMistaken = finding === 'bogus'
    if (finding === 'bogus' && !memory.late) this.setAside(memory, now)
  }

  /** Whether a name that it finds bogus is: another server might not have looked. */
  believesBogus(server: string): boolean {
    return this.servers.get(server)?.isMistaken !== true
  }

  read(server: string): ServerHealth {
    const memory = this.servers.get(server)
    if (memory === undefined) return { condition: 'up', roundTrip: undefined }
    const { roundTrip, late, isSilent } = memory
    return { condition: isSilent ? 'down' : late ? 'late' : 'up', roundTrip }
  }

  /** Nobody answered lately, so nobody is waited for, but for those that are tried again. */
  private planForNobody(known: readonly Known[], now: number): Plan {
    const due = known.filter(({ memory }) => now >= memory.triedAt + this.limits.upstreamProbe)
    for (const { memory } of due) memory.triedAt = now
    return { order: [], alongside: due.map(({ server }) => server), probed: probe(due) }
  }

  private setAside(memory: Memory, now: number): void {
    memory.late = true
    memory.pause = this.limits.upstreamProbe
    memory.triedNext = now + memory.pause
  }

  private get longestPause(): number {
    return this.limits.upstreamProbe * LONGEST_PAUSE
  }

  private memoryOf(server: string, now: number): Memory {
    const memory = this.servers.get(server)
    if (memory !== undefined) return memory
    const fresh: Memory = {
      roundTrip: undefined,
      deviation: 0,
      late: false,
      failures: 0,
      bogus: 0,
      isProbed: false,
      isSilent: false,
      isMistaken: false,
      repliedAt: -Infinity,
      failedAt: -Infinity,
      triedAt: -Infinity,
      triedNext: now + this.longestPause,
      pause: this.longestPause,
    }
    this.servers.add(server, fresh)
    return fresh
  }
}

interface Known {
  readonly server: string
  readonly memory: Memory
}

/** It fails for whatever reason, and nobody knows yet whether that is its own. */
function isSuspect({ failures, bogus, isSilent, isMistaken }: Memory): boolean {
  return !isSilent && (failures >= FAILURES || (bogus >= FAILURES && !isMistaken))
}

/** One question of this gateway's own to each is out at a time. */
function probe(known: readonly Known[]): string[] {
  const free = known.filter(({ memory }) => !memory.isProbed)
  for (const { memory } of free) memory.isProbed = true
  return free.map(({ server }) => server)
}

/** The quickest first, then those of which nothing is known as they stand. */
function byRoundTrip(known: readonly Known[]): Known[] {
  return [...known].sort((some, other) => estimateOf(some) - estimateOf(other))
}

function estimateOf({ memory }: Known): number {
  return memory.roundTrip ?? Number.MAX_VALUE
}
