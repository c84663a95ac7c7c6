import type { Service } from '../service.ts'

/** Echoes a query as its own reply; one with an odd ID only once `release` is called for its ID. */
export class Echo {
  readonly taken: number[] = []
  private readonly held = new Map<number, () => void>()
  private wake = Promise.withResolvers<void>()

  readonly service: Service = packet => {
    const id = new DataView(packet.buffer, packet.byteOffset).getUint16(0)
    this.taken.push(id)
    this.wake.resolve()
    this.wake = Promise.withResolvers()
    const reply = packet.slice()
    // QR, and no other flag.
    reply[2] = 0x80
    if (id % 2 === 0) return reply
    return new Promise(resolve => {
      this.held.set(id, () => resolve(reply))
    })
  }

  async untilTaken(count: number): Promise<void> {
    while (this.taken.length < count) await this.wake.promise
  }

  release(id: number): void {
    this.held.get(id)?.()
  }
}
