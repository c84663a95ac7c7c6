/**
 * What a limit kept from being answered as it was asked: `stranger`: the client may not ask. `query-rate`,
 * `lookup-rate`: it asked too much in too short a time. `response-rate`: its network was sent the same too often.
 * `client-share`, `domain-share`: too much waited for it, or below a domain. `full`: too much waited in all.
 * `rebinding`: the answer led into the client's own network.
 */
export type LimitKind =
  | 'stranger'
  | 'query-rate'
  | 'lookup-rate'
  | 'response-rate'
  | 'client-share'
  | 'domain-share'
  | 'full'
  | 'rebinding'

export type LimitCounts = Readonly<Record<LimitKind, number>>

/** Counts what limits did. */
export class LimitCounters {
  private readonly counts: Record<LimitKind, number> = {
    stranger: 0,
    'query-rate': 0,
    'lookup-rate': 0,
    'response-rate': 0,
    'client-share': 0,
    'domain-share': 0,
    full: 0,
    rebinding: 0,
  }

  count(kind: LimitKind): void {
    this.counts[kind]++
  }

  read(): LimitCounts {
    return { ...this.counts }
  }
}
