import type { Rendezvous } from './rendezvous.ts'

/** Notes what is asked of it, and finds nobody. */
export class MemoryRendezvous implements Rendezvous {
  readonly searches: { readonly topic: string; readonly count: number }[] = []
  readonly foundBy = new Set<string>()
  /** How many peers are there to be told. */
  told = 1
  /** Set to take a request and come to no end with it. */
  frozen = false
  broken = false

  async beFound(topic: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    await this.end(signal)
    if (this.told > 0) this.foundBy.add(topic)
    return this.told
  }

  async beFoundNoMore(topic: string): Promise<void> {
    this.foundBy.delete(topic)
  }

  async meet(topic: string, count: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.searches.push({ topic, count })
    await this.end(signal)
  }

  private async end(signal: AbortSignal): Promise<void> {
    if (this.broken) throw new Error('the network is down')
    if (this.frozen)
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      })
  }
}
