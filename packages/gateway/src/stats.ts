import { TABLE } from './answer.ts'
import type { LimitCounts } from './abuse/limit-counts.ts'
import type { CacheStats } from './cache/answer-cache.ts'
import type { DiskStats } from './cache/persistence.ts'
import type { StandInCounts } from './continuity/continuity.ts'
import type { GuardStats } from './continuity/guard/event.ts'
import type { PinStats } from './continuity/pins/pin.ts'
import type { OutcomeKind } from './outcome.ts'
import type { Transport } from './query.ts'
import type { ConnectionStats } from './transports/connections.ts'
import type { ForwardingStats } from './upstream/forwarding.ts'

/** What a gateway did since it started. */
export interface GatewayStats {
  /** Packets by transport, answered or not. */
  readonly packets: Readonly<Record<Transport, number>>
  /** Packets to which silence is the reply: responses, and what has no header. */
  readonly silent: number
  readonly outcomes: Readonly<Record<OutcomeKind, number>>
  /** What limits kept from being answered as it was asked. */
  readonly limited: LimitCounts
  /** Packets that wait for their reply now. */
  readonly pending: number
  /** `disk` is absent where answers are kept in memory alone. */
  readonly cache: CacheStats & { readonly disk: DiskStats | undefined }
  readonly connections: ConnectionStats
  /** Milliseconds since the epoch; undefined where nothing listens over TLS or HTTPS. */
  readonly certificateExpiresAt: number | undefined
  readonly upstream: ForwardingStats
  readonly continuity: ContinuityStats
}

/** Answering for ordinary names when ordinary DNS fails. */
export interface ContinuityStats {
  /** Answers that were given in its place, by where they are from. */
  readonly given: StandInCounts
  readonly guard: GuardStats
  readonly owners: PinStats
}

/** Counts how packets end. */
export class Counters {
  private readonly packets: Record<Transport, number> = { udp: 0, tcp: 0, tls: 0, https: 0 }
  private readonly outcomes = Object.fromEntries(Object.keys(TABLE).map(kind => [kind, 0])) as Record<
    OutcomeKind,
    number
  >
  private silent = 0

  count(transport: Transport, kind: OutcomeKind | 'silence'): void {
    this.packets[transport]++
    if (kind === 'silence') this.silent++
    else this.outcomes[kind]++
  }

  read(): Pick<GatewayStats, 'packets' | 'silent' | 'outcomes'> {
    return { packets: { ...this.packets }, silent: this.silent, outcomes: { ...this.outcomes } }
  }
}
