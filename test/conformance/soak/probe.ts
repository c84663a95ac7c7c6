import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeQuery } from '../query.ts'
import type { At } from '../servers.ts'

/** Milliseconds between two queries. */
const PACE = 20
/** Milliseconds after which a reply counts as lost. */
const PATIENCE = 2000

export interface Latencies {
  /** Milliseconds. */
  readonly median: number
  readonly p99: number
  readonly lost: number
}

/** A client that asks a little and measures how long each answer takes. */
export class Probe implements AsyncDisposable {
  private readonly socket = createSocket('udp4')
  private readonly sentAt = new Map<number, number>()
  private readonly names: readonly string[]
  private readonly timer: NodeJS.Timeout
  private times: number[] = []
  private lost = 0
  private next = 0

  private constructor(names: readonly string[]) {
    this.names = names
    this.socket.on('message', reply => {
      const id = reply.readUInt16BE()
      const sentAt = this.sentAt.get(id)
      if (sentAt !== undefined) this.times.push(performance.now() - sentAt)
      this.sentAt.delete(id)
    })
    this.timer = setInterval(() => this.ask(), PACE)
  }

  static async start(at: At, names: readonly string[]): Promise<Probe> {
    const probe = new Probe(names)
    probe.socket.connect(at.port, at.host)
    await once(probe.socket, 'connect')
    return probe
  }

  /** What was measured since the last time. */
  take(): Latencies {
    const now = performance.now()
    for (const [id, sentAt] of this.sentAt)
      if (now - sentAt > PATIENCE) {
        this.sentAt.delete(id)
        this.lost++
      }
    const times = this.times.toSorted((a, b) => a - b)
    const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? Number.NaN
    const taken = { median: at(0.5), p99: at(0.99), lost: this.lost }
    this.times = []
    this.lost = 0
    return taken
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer)
    this.socket.close()
    await once(this.socket, 'close')
  }

  private ask(): void {
    const id = this.next++ & 0xffff
    const name = this.names[id % this.names.length] as string
    this.sentAt.set(id, performance.now())
    this.socket.send(writeQuery({ name }, '.', id).octets)
  }
}
