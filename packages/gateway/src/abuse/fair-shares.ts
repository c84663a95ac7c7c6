/** Those who have something in common, such as all questions of one client. */
export interface Group {
  readonly kind: 'client' | 'unproven' | 'domain'
  readonly key: string
  /** How many it may have for each one that is still free. */
  readonly weight: number
}

/**
 * Divides what there is only so much of at a time. A group may have as many as are still free (times its weight): one
 * group alone gets half of all, two a third each, and there is always a share left for whoever comes next. It needs no
 * number for each group, nor any queue: these are the dynamic thresholds of Choudhury and Hahne (IEEE/ACM Transactions on
 * Networking 6.2, 1998).
 */
export class FairShares {
  private readonly limit: number
  private readonly had = new Map<string, number>()
  private total = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get taken(): number {
    return this.total
  }

  /** Takes one, which counts for all groups; else the group that has its share, or `all` where nothing is free. */
  take(groups: readonly Group[]): Group | 'all' | undefined {
    const free = this.limit - this.total
    if (free <= 0) return 'all'
    for (const group of groups) if ((this.had.get(group.key) ?? 0) >= free * group.weight) return group
    this.total++
    for (const { key } of groups) this.had.set(key, (this.had.get(key) ?? 0) + 1)
    return undefined
  }

  /** Gives back what was taken for these groups. */
  giveBack(groups: readonly Group[]): void {
    this.total--
    for (const { key } of groups) {
      const left = (this.had.get(key) ?? 0) - 1
      if (left > 0) this.had.set(key, left)
      else this.had.delete(key)
    }
  }
}
