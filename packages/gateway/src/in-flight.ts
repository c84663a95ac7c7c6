import type { Service } from './service.ts'

/** Knows how many packets wait for their reply, so that stopping can wait for them. */
export class InFlight {
  private pending = 0
  private onIdle: (() => void) | undefined

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
        if (this.pending === 0) this.onIdle?.()
      })
    }
  }

  /** Resolves once nothing waits and the last reply was sent, or after `timeout` milliseconds. */
  async settled(timeout: number): Promise<void> {
    if (this.pending > 0)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, timeout)
        this.onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    // Whoever waited for the reply sends it in this turn of the event loop.
    await new Promise(setImmediate)
  }
}
