import type { Service } from './service.ts'

/** Knows how many packets wait for their reply, so that stopping can wait for them. */
export class InFlight {
  private pending = 0
  private readonly waiting = new Set<() => void>()

  get count(): number {
    return this.pending
  }

  /** The same service, watched. */
  watch(service: Service): Service {
    return (packet, transport, client) => {
      const reply = service(packet, transport, client)
      if (!(reply instanceof Promise)) return reply
      this.pending++
      return reply.finally(() => {
        this.pending--
        if (this.pending === 0) for (const resolve of this.waiting) resolve()
      })
    }
  }

  /** Resolves once nothing waits and the last reply was sent, after `timeout` milliseconds, or where `signal` aborts. */
  async settled(timeout: number, signal?: AbortSignal): Promise<void> {
    if (this.pending > 0 && signal?.aborted !== true)
      await new Promise<void>(resolve => {
        const finish = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', finish)
          this.waiting.delete(finish)
          resolve()
        }
        const timer = setTimeout(finish, timeout)
        signal?.addEventListener('abort', finish, { once: true })
        this.waiting.add(finish)
      })
    // Whoever waited for the reply sends it in this turn of the event loop.
    await new Promise(setImmediate)
  }
}
