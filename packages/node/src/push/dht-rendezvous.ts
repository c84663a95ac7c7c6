import type { Libp2p, PeerInfo } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { orAborted } from '../abortable.ts'
import type { Rendezvous } from './rendezvous.ts'

type Dialler = Pick<Libp2p, 'peerId' | 'getMultiaddrs' | 'getConnections' | 'dial'>

/** What a DHT has to do with it. */
export interface MeetingPlace {
  readonly dht: Pick<KadDHT, 'provide' | 'cancelReprovide' | 'findProviders'>
  /** Resolves once there are peers to ask, or no hope of one soon. */
  readonly settled: Promise<void>
}

/**
 * Peers that listen in a topic are providers, in the DHT's sense, of a content ID that is made of the topic's name, as
 * go-libp2p-pubsub has it and kubo does.
 */
export class DhtRendezvous implements Rendezvous {
  private readonly libp2p: Dialler
  private readonly places: readonly MeetingPlace[]
  /** Where each topic was said. Each DHT renews it by itself. */
  private readonly said = new Map<string, Set<MeetingPlace>>()

  constructor(libp2p: Dialler, places: readonly MeetingPlace[]) {
    this.libp2p = libp2p
    this.places = places
  }

  async beFound(topic: string, { signal }: { readonly signal: AbortSignal }): Promise<number> {
    if (this.libp2p.getMultiaddrs().length === 0) return 0
    const cid = await contentIdOf(topic)
    const said = this.said.get(topic) ?? new Set()
    this.said.set(topic, said)
    let told = 0
    await this.inEach(signal, async place => {
      if (said.has(place)) return
      let toldHere = 0
      for await (const event of place.dht.provide(cid, { signal }))
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') toldHere++
      if (toldHere > 0) said.add(place)
      told += toldHere
    })
    return told
  }

  async beFoundNoMore(topic: string): Promise<void> {
    this.said.delete(topic)
    const cid = await contentIdOf(topic)
    for (const { dht } of this.places) await dht.cancelReprovide(cid)
  }

  async meet(topic: string, count: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const cid = await contentIdOf(topic)
    const enough = new AbortController()
    const untilEnough = AbortSignal.any([signal, enough.signal])
    let met = 0
    try {
      await this.inEach(untilEnough, async ({ dht }) => {
        for await (const event of dht.findProviders(cid, { signal: untilEnough })) {
          if (event.name !== 'PROVIDER') continue
          for (const peer of event.providers) {
            if (await this.reach(peer, untilEnough)) met++
            if (met >= count) enough.abort()
            untilEnough.throwIfAborted()
          }
        }
      })
    } catch (error) {
      if (!enough.signal.aborted) throw error
    }
  }

  /** Side by side, and to the end in each, so that one that does not answer takes nothing from the others. */
  private async inEach(signal: AbortSignal, task: (place: MeetingPlace) => Promise<void>): Promise<void> {
    const ends = await Promise.allSettled(
      this.places.map(async place => {
        await orAborted(place.settled, signal)
        await task(place)
      }),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  private async reach({ id, multiaddrs }: PeerInfo, signal: AbortSignal): Promise<boolean> {
    const { libp2p } = this
    if (id.equals(libp2p.peerId) || libp2p.getConnections(id).length > 0) return false
    const addresses = multiaddrs.map(address => address.encapsulate(`/p2p/${id.toString()}`))
    try {
      await libp2p.dial(addresses.length > 0 ? addresses : id, { signal })
      return true
    } catch {
      return false
    }
  }
}

async function contentIdOf(topic: string): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(`floodsub:${topic}`)))
}
