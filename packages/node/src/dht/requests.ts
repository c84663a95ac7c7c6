import { AsyncLocalStorage } from 'node:async_hooks'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import { zoneIdOfRoutingKey } from '@signpost/core'
import { type Refusal, reasonOf } from '../refusals.ts'
import { aroundRequests } from './kad-internals.ts'
import { sourceOf } from './source.ts'

/**
 * Who asks a DHT for something while it does it. kad-dht does not say it to its datastore, and says to nobody what it
 * refuses.
 */
export class Requests {
  private readonly sources = new AsyncLocalStorage<string>()

  /** Where the request that is being answered comes from; undefined for what this node does by itself. */
  get source(): string | undefined {
    return this.sources.getStore()
  }

  /** Watches a DHT from now on. */
  watch(
    dht: KadDHT,
    { connectionManager }: Pick<KadDHTComponents, 'connectionManager'>,
    onRefused: ((refusal: Refusal) => void) | undefined,
  ): void {
    aroundRequests(dht, async ({ peer, type, key }, answer) => {
      const address = connectionManager.getConnections(peer)[0]?.remoteAddr
      try {
        return await this.sources.run(sourceOf(peer.toString(), address), answer)
      } catch (error) {
        if (type === 'PUT_VALUE' && error instanceof Error && !isFailure(error))
          onRefused?.({
            zoneId: key instanceof Uint8Array ? zoneIdOfRoutingKey(key) : undefined,
            peer: peer.toString(),
            way: 'put',
            reason: reasonOf(error),
            error,
          })
        throw error
      }
    })
  }
}

// PutFailedError and the like of interface-store: the disk's fault, not the record's.
function isFailure({ name }: Error): boolean {
  return name.endsWith('FailedError')
}
