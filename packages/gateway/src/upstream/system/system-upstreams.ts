import type { Logger } from '@signpost/node'
import { type Upstream, printUpstream } from '../upstream.ts'

export interface SystemUpstreamsParts {
  readonly read: () => Promise<readonly Upstream[]>
  /** Whether this gateway listens there itself. */
  readonly isOwn: (upstream: Upstream) => boolean
  /** Milliseconds between two looks. */
  readonly interval: number
  /** Hears of others than before. */
  readonly onChange: (upstreams: readonly Upstream[]) => void
  readonly logger: Logger | undefined
}

/**
 * This machine's resolvers, without this gateway itself. They are read again and again: what changes them tells nobody.
 * Where they cannot be read, those that were there before stay.
 */
export class SystemUpstreams {
  private readonly parts: SystemUpstreamsParts
  private upstreams: readonly Upstream[] = []
  private seen: string | undefined
  private wasEmpty = false
  private timer: NodeJS.Timeout | undefined
  private closed = false

  constructor(parts: SystemUpstreamsParts) {
    this.parts = parts
  }

  get current(): readonly Upstream[] {
    return this.upstreams
  }

  /** Looks at once, and from then on. Never rejects. */
  async start(): Promise<void> {
    clearTimeout(this.timer)
    await this.look()
    clearTimeout(this.timer)
    if (this.closed) return
    this.timer = setTimeout(() => {
      void this.start()
    }, this.parts.interval)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private async look(): Promise<void> {
    const { read, isOwn, logger } = this.parts
    try {
      const found = await read()
      const own = found.filter(upstream => isOwn(upstream))
      const seen = [found, own].map(upstreams => upstreams.map(printUpstream).join(' ')).join(' less ')
      // A file that has nobody in it is perhaps being written.
      const isBelievable = found.length > 0 || this.upstreams.length === 0 || this.wasEmpty
      this.wasEmpty = found.length === 0
      if (!isBelievable || seen === this.seen || this.closed) return
      this.seen = seen
      this.change(found, own)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      if (problem === this.seen) return
      this.seen = problem
      logger?.warn("this machine's DNS servers cannot be read, so those that were known stay", { problem })
    }
  }

  private change(found: readonly Upstream[], own: readonly Upstream[]): void {
    const { logger, onChange } = this.parts
    if (own.length > 0)
      logger?.info("this machine's DNS servers have this gateway among them, which does not ask itself", {
        left: own.map(printUpstream).join(', '),
      })
    this.upstreams = found.filter(upstream => !own.includes(upstream))
    if (this.upstreams.length === 0)
      logger?.warn('this machine has no DNS server to ask; name one as upstream')
    else
      logger?.info("ordinary names are asked of this machine's DNS servers", {
        upstreams: this.upstreams.map(printUpstream).join(', '),
      })
    onChange(this.upstreams)
  }
}
