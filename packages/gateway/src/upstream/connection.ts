import type { Message } from '@signpost/dns'
import type { ExchangeResult } from './exchange.ts'
import { monotonicNow } from './monotonic.ts'

/** `lost`: the connection ended before the reply came. */
export type ConnectionResult = ExchangeResult | { readonly kind: 'lost' }

export interface ConnectionParts {
  /** Milliseconds for which it is kept while nothing is under way. */
  readonly idle: number
  /** Hears that nothing is under way any more. */
  readonly onIdle: () => void
  /** Hears that it takes no further requests. */
  readonly onClose: () => void
}

interface Waiting {
  readonly sentAt: number
  readonly finish: (result: ConnectionResult) => void
}

/**
 * What connections to a server have in common, whatever they speak: many requests under way, each with its time, and an
 * end when nothing has been under way for long enough.
 */
export abstract class Connection {
  private readonly parts: ConnectionParts
  private readonly waiting = new Set<Waiting>()
  private receivedAt = -Infinity
  private timer: NodeJS.Timeout | undefined
  private isGone = false
  /** Milliseconds; the server may want less. */
  protected idle: number

  constructor(parts: ConnectionParts) {
    this.parts = parts
    this.idle = parts.idle
  }

  get pending(): number {
    return this.waiting.size
  }

  /** Something is under way, and for so many milliseconds nothing came: the server may be gone without a word. */
  isStalled(patience: number): boolean {
    const [oldest] = this.waiting
    if (oldest === undefined) return false
    return monotonicNow() - Math.max(oldest.sentAt, this.receivedAt) > patience
  }

  /** Never rejects. @param timeout milliseconds. */
  ask(request: Message, timeout: number, signal: AbortSignal): Promise<ConnectionResult> {
    return new Promise(resolve => {
      clearTimeout(this.timer)
      const sentAt = monotonicNow()
      let cancel: (() => void) | undefined
      const finish = (result: ConnectionResult): void => {
        if (!this.waiting.delete(waiting)) return
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        cancel?.()
        resolve(result)
        if (this.waiting.size === 0) this.rest()
      }
      const waiting = { sentAt, finish }
      this.waiting.add(waiting)
      const onAbort = (): void => {
        finish({ kind: 'silence' })
      }
      const timer = setTimeout(() => {
        const isDead = this.receivedAt < sentAt
        finish({ kind: 'silence' })
        // Nothing at all came since: whoever else waits is better off with another connection.
        if (isDead) this.close()
      }, timeout)
      signal.addEventListener('abort', onAbort, { once: true })
      cancel = this.send(request, finish)
      if (signal.aborted) onAbort()
    })
  }

  /** Ends it with all that is under way. */
  close(): void {
    this.destroy()
    this.end({ kind: 'lost' })
  }

  /** @returns what is to be done when the reply came or is not waited for any more. */
  protected abstract send(request: Message, finish: (result: ConnectionResult) => void): () => void

  protected abstract destroy(): void

  /** Something came from the server. */
  protected touch(): void {
    this.receivedAt = monotonicNow()
  }

  /** It takes no further requests; those under way go on. */
  protected retire(): void {
    if (this.isGone) return
    this.isGone = true
    this.parts.onClose()
  }

  protected end(result: ConnectionResult): void {
    this.retire()
    clearTimeout(this.timer)
    for (const { finish } of this.waiting) finish(result)
  }

  private rest(): void {
    if (this.isGone) return
    this.timer = setTimeout(() => {
      this.close()
    }, this.idle)
    this.parts.onIdle()
  }
}
