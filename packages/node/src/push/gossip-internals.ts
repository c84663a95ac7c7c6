import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import { KeyedLock } from '../keyed-lock.ts'

/** What gossipsub's class has and its published interface leaves out, as of 17.1.1. */
interface GossipInternals {
  readonly outboundInflightQueue: {
    push(item: { readonly peerId: PeerId; readonly connection: Connection }): unknown
  }
  createOutboundStream(peerId: PeerId, connection: Connection): Promise<void>
}

/**
 * Lets gossipsub, which runs already, open its streams to peers side by side. Left alone it opens one after the other,
 * and a peer that does not answer keeps all who come after it waiting, for half a minute each.
 * @throws TypeError for a version of gossipsub whose class looks different.
 */
export function openSideBySide(pubsub: GossipSub): void {
  const internals = pubsub as unknown as Partial<GossipInternals>
  const { outboundInflightQueue: queue } = internals
  if (typeof internals.createOutboundStream !== 'function' || typeof queue?.push !== 'function')
    throw new TypeError(
      'this version of @libp2p/gossipsub is not the one that Signpost was built for (17.1.1)',
    )
  const { createOutboundStream } = internals
  // It asks three times for each peer, and opens a stream where there is none yet.
  const turns = new KeyedLock<string>()
  queue.push = ({ peerId, connection }) =>
    turns.run(peerId.toString(), async () => createOutboundStream.call(pubsub, peerId, connection))
}
