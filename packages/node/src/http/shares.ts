/** The part of what a server gives that one client's source may have. */
export const CLIENT_SHARE = 0.25

/** Gives out what there is only so much of at a time, and to one source no more than a quarter of it. */
export class Shares {
  private readonly limit: number
  private readonly mostOfOne: number
  private readonly taken = new Map<string, number>()
  private total = 0

  constructor(limit: number) {
    this.limit = limit
    this.mostOfOne = Math.ceil(limit * CLIENT_SHARE)
  }

  /** What gives it back, once; undefined where there is none left. */
  take(source: string): (() => void) | undefined {
    const its = this.taken.get(source) ?? 0
    if (this.total >= this.limit || its >= this.mostOfOne) return undefined
    this.total++
    this.taken.set(source, its + 1)
    let isBack = false
    return () => {
      if (isBack) return
      isBack = true
      this.total--
      const left = (this.taken.get(source) ?? 0) - 1
      if (left > 0) this.taken.set(source, left)
      else this.taken.delete(source)
    }
  }
}
