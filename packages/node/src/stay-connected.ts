import { setTimeout as sleep } from 'node:timers/promises'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Logger } from './logger.ts'

/** Milliseconds between attempts to reach a bootstrap peer: the first pause, doubled each time up to the last. */
export const RECONNECT_PAUSE: { readonly first: number; readonly last: number } = {
  first: 1_000,
  last: 60_000,
}

/** How it stands with one bootstrap address. */
export interface BootstrapState {
  readonly address: string
  readonly connected: boolean
  /** Attempts that failed since the last connection. */
  readonly failures: number
  /** Why the last one failed. */
  readonly problem: string | undefined
}

/** Dials the bootstrap peers and goes on trying for as long as the node runs. A peer that is down stops nothing. */
export class StayConnected {
  private readonly libp2p: Libp2p
  private readonly logger: Logger
  private readonly stopping = new AbortController()
  private readonly current = new Map<string, BootstrapState>()
  private readonly loops: Promise<void>[] = []

  constructor(libp2p: Libp2p, logger: Logger) {
    this.libp2p = libp2p
    this.logger = logger
  }

  get states(): readonly BootstrapState[] {
    return [...this.current.values()]
  }

  /** Starts to keep up a connection with `peer` at `address`. */
  keep(address: Multiaddr, peer: PeerId): void {
    // A list of peers that all nodes share names this node too.
    if (peer.equals(this.libp2p.peerId)) return
    this.loops.push(this.loop(address, peer))
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await Promise.all(this.loops)
  }

  private async loop(address: Multiaddr, peer: PeerId): Promise<void> {
    const { signal } = this.stopping
    const text = address.toString()
    let failures = 0
    while (!signal.aborted) {
      const attempt = new AbortController()
      try {
        const left = this.untilDisconnected(peer, AbortSignal.any([signal, attempt.signal]))
        await this.libp2p.dial(address, { signal })
        failures = 0
        this.current.set(text, { address: text, connected: true, failures, problem: undefined })
        this.logger.info('connected to bootstrap peer', { address: text })
        await left
        this.current.set(text, { address: text, connected: false, failures, problem: undefined })
      } catch (error) {
        if (signal.aborted) return
        failures++
        const problem = describe(error)
        this.current.set(text, { address: text, connected: false, failures, problem })
        const level = failures === 1 ? 'warn' : 'debug'
        this.logger[level]('cannot reach bootstrap peer, will keep trying', { address: text, problem })
      } finally {
        attempt.abort()
      }
      await sleep(reconnectPause(failures, Math.random()), undefined, { signal }).catch(ignoreAbort)
    }
  }

  private async untilDisconnected(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = (): void => {
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    this.libp2p.addEventListener(
      'peer:disconnect',
      event => {
        if (event.detail.equals(peer)) done()
      },
      { signal },
    )
    await promise
  }
}

/**
 * Milliseconds to wait before the next attempt. Spread by a quarter either way, so that the nodes which lost a
 * bootstrap peer together do not come back together.
 * @param random at least 0 and less than 1.
 */
export function reconnectPause(failures: number, random: number): number {
  const { first, last } = RECONNECT_PAUSE
  return Math.min(first * 2 ** Math.max(0, failures - 1), last) * (0.75 + random / 2)
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function ignoreAbort(): void {}
