import { AsyncLocalStorage } from 'node:async_hooks'
import type { StreamMessageEvent } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { zoneIdOfRoutingKey } from '@signpost/core'
import { REMEMBERED_ADDRESSES } from '../host/peer-memory.ts'
import { type Refusal, reasonOf } from '../refusals.ts'
import { NAMED_PEERS } from './answers.ts'
import { Arrivals } from './arrivals.ts'
import { type KadRequest, aroundRequests, aroundStreams } from './kad-internals.ts'
import { MalformedKadMessageError } from './kad-message.ts'
import { sourceOf } from './source.ts'

/** A stream of requests that is being served. */
interface Serving {
  readonly source: string
  readonly arrivals: Arrivals
}

/**
 * Who asks a DHT for something while it does it, and how much at once. kad-dht does not say it to its datastore, says to
 * nobody what it refuses, and takes all that comes.
 */
export class Requests {
  private readonly serving = new AsyncLocalStorage<Serving>()

  /** Where the request that is being answered comes from; undefined for what this node does by itself. */
  get source(): string | undefined {
    return this.serving.getStore()?.source
  }

  /** Watches a DHT from now on, which must not have started. */
  watch(dht: KadDHT, onRefused: ((refusal: Refusal) => void) | undefined): void {
    aroundStreams(dht, async (stream, { remotePeer, remoteAddr }, serve) => {
      const arrivals = new Arrivals()
      stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
        try {
          for (const chunk of data instanceof Uint8Array ? [data] : data) arrivals.take(chunk)
        } catch (error) {
          stream.abort(error as Error)
        }
      })
      await this.serving.run({ source: sourceOf(remotePeer.toString(), remoteAddr), arrivals }, serve)
    })
    aroundRequests(dht, async (peer, request, answer) => {
      this.serving.getStore()?.arrivals.answered()
      try {
        boundPeers(request)
        return await answer()
      } catch (error) {
        const { type, key } = request
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

/**
 * kad-dht works on all peers of a request at once. An honest request names one, the sender.
 * @throws MalformedKadMessageError
 */
function boundPeers({ closer, providers }: KadRequest): void {
  if (closer.length > NAMED_PEERS || providers.length > NAMED_PEERS)
    throw new MalformedKadMessageError(`it names more than ${NAMED_PEERS} peers`)
  for (const { multiaddrs } of providers) multiaddrs.splice(REMEMBERED_ADDRESSES)
}

// PutFailedError and the like of interface-store: the disk's fault, not the record's.
function isFailure({ name }: Error): boolean {
  return name.endsWith('FailedError')
}
