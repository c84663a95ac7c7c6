import { setTimeout as sleep } from 'node:timers/promises'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Logger } from '../logger.ts'

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

interface Kept {
  readonly address: Multiaddr
  readonly peer: PeerId
  failures: number
  problem: string | undefined
}

/** Dials the bootstrap peers and goes on trying for as long as the node runs. A peer that is down stops nothing. */
export class StayConnected {
  private readonly libp2p: Libp2p
  private readonly logger: Logger
  private readonly stopping = new AbortController()
  private readonly kept: Kept[] = []
  private readonly loops: Promise<void>[] = []

  constructor(libp2p: Libp2p, logger: Logger) {
    this.libp2p = libp2p
    this.logger = logger
  }

  get states(): readonly BootstrapState[] {
    return this.kept.map(({ address, peer, failures, problem }) => {
      const connected = this.libp2p.getConnections(peer).length > 0
      return { address: address.toString(), connected, failures, problem: connected ? undefined : problem }
    })
  }

  /** Starts to keep up a connection with `peer` at `address`. */
  keep(address: Multiaddr, peer: PeerId): void {
    // A list of peers that all nodes share names this node too.
    if (peer.equals(this.libp2p.peerId)) return
    const kept = { address, peer, failures: 0, problem: undefined }
    this.kept.push(kept)
    this.loops.push(this.loop(kept))
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await Promise.all(this.loops)
  }

  private async loop(kept: Kept): Promise<void> {
    const { signal } = this.stopping
    const address = kept.address.toString()
    while (!signal.aborted) {
      const attempt = new AbortController()
      try {
        const left = this.untilDisconnected(kept.peer, AbortSignal.any([signal, attempt.signal]))
        await this.libp2p.dial(kept.address, { signal })
        kept.failures = 0
        kept.problem = undefined
        this.logger.info('connected to bootstrap peer', { address })
        await left
      } catch (error) {
        if (signal.aborted) return
        const problem = describe(error)
        kept.failures++
        kept.problem = problem
        const level = kept.failures === 1 ? 'warn' : 'debug'
        this.logger[level]('cannot reach bootstrap peer, will keep trying', { address, problem })
      } finally {
        attempt.abort()
      }
      await sleep(reconnectPause(kept.failures, Math.random()), undefined, { signal }).catch(ignoreAbort)
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
