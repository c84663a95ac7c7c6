import { setTimeout as sleep } from 'node:timers/promises'
import { type PeerRouting, peerRoutingSymbol } from '@libp2p/interface'
import {
  type KadDHT,
  type KadDHTComponents,
  type KadDHTInit,
  type PeerInfoMapper,
  kadDHT,
  passthroughMapper,
  removePrivateAddressesMapper,
  removePublicAddressesMapper,
} from '@libp2p/kad-dht'
import {
  MalformedRecordError,
  type SignedRecord,
  compareRecords,
  decodeRecord,
  zoneIdOfRoutingKey,
} from '@signpost/core'
import { boundAnswers } from './answers.ts'
import { GuardedDatastore, type GuardOptions } from './guarded-datastore.ts'
import type { NetworkProfile } from '../host/network.ts'
import type { Refusal } from '../refusals.ts'
import { Requests } from './requests.ts'
import { boundSilence } from './silent-peers.ts'

/**
 * Milliseconds that a peer has to answer one request before a lookup goes on without it: at least, and where answers
 * turn out to be slower, at most. kad-dht takes each silence for a slow answer, so that a few frozen peers raise it
 * for all; with its own limits, 5,000 and 60,000, each put and lookup among them ends after a minute.
 */
export const PEER_ANSWER_TIMEOUT: { readonly min: number; readonly max: number } = { min: 3_000, max: 6_000 }

/**
 * Milliseconds after the start at which a node looks for its neighbours a second time (the first is when it meets
 * its first peer): nodes that start together do not find each other at once.
 */
const SECOND_SEARCH = 5_000
/** The longest that a timer can be set to. */
const NEVER = 2 ** 31 - 1

export interface DhtOptions extends Omit<GuardOptions, 'prefix' | 'source'> {
  readonly mode: 'server' | 'client'
  /** Whether all peers are given to it, so that it need not look for any. */
  readonly introduced?: boolean
  /** Called with what peers put and the DHT does not take. */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined
}

export interface DhtService {
  readonly dht: KadDHT
  readonly guard: GuardedDatastore
}

/** A DHT of one network, over a datastore that lets nothing older over anything newer. */
export function createDht(
  components: KadDHTComponents,
  profile: NetworkProfile,
  options: DhtOptions,
): DhtService {
  const requests = new Requests()
  const guard = new GuardedDatastore(components.datastore, {
    ...options,
    prefix: profile.datastorePrefix,
    source: () => requests.source,
  })
  const init: KadDHTInit = {
    protocol: profile.protocol,
    ...servingOf(profile, options.mode),
    peerInfoMapper: mapperOf(profile, components),
    // Two DHTs of one host must not share any of these.
    datastorePrefix: profile.datastorePrefix,
    logPrefix: `signpost:${profile.id}`,
    metricsPrefix: `signpost_${profile.id.replaceAll('-', '_')}`,
    // Otherwise every query of a node without peers hangs until its signal fires.
    allowQueryWithZeroPeers: true,
    initialQuerySelfInterval: options.introduced === true ? NEVER : SECOND_SEARCH,
    networkDialTimeout: { minTimeout: PEER_ANSWER_TIMEOUT.min, maxTimeout: PEER_ANSWER_TIMEOUT.max },
    validators: { ipns: checkName },
    selectors: { ipns: selectNewest },
  }
  const dht = kadDHT(init)(withDatastore(components, guard))
  boundRandomWalks(dht, profile)
  boundSilence(dht)
  boundAnswers(dht, components)
  requests.watch(dht, options.onRefused)
  return { dht, guard }
}

/** Milliseconds between two random walks. */
const WALK_PAUSE = 1_000

/**
 * libp2p looks for relays and for peers that check its addresses by random walks through every DHT, one after the
 * other without a pause: with few peers, or none, the process does nothing else any more. In a small network there
 * is nobody to find that way, and in a large one there is time.
 */
function boundRandomWalks(dht: KadDHT, profile: NetworkProfile): void {
  const host = dht as KadDHT & { readonly [peerRoutingSymbol]?: PeerRouting }
  const inner = host[peerRoutingSymbol]
  const paced: Partial<PeerRouting> | undefined = inner && {
    findPeer: (peer, options) => inner.findPeer(peer, options),
    async *getClosestPeers(key, options) {
      yield* inner.getClosestPeers(key, options)
      await sleep(WALK_PAUSE, undefined, options?.signal && { signal: options.signal })
    },
  }
  const value = profile.addresses === 'public' ? paced : undefined
  Object.defineProperty(dht, peerRoutingSymbol, { value })
}

function withDatastore(components: KadDHTComponents, datastore: GuardedDatastore): KadDHTComponents {
  const {
    peerId,
    privateKey,
    registrar,
    addressManager,
    peerStore,
    connectionManager,
    events,
    logger,
    ping,
  } = components
  return {
    peerId,
    privateKey,
    registrar,
    addressManager,
    peerStore,
    connectionManager,
    events,
    logger,
    ping,
    datastore,
  }
}

/**
 * Left alone, kad-dht asks only, until it hears that the host has a public address that others have reached, and
 * serves from then on: right for a public network, and never on a LAN.
 */
function servingOf(profile: NetworkProfile, mode: 'server' | 'client'): Pick<KadDHTInit, 'clientMode'> {
  if (mode === 'client') return { clientMode: true }
  return profile.addresses === 'public' ? {} : { clientMode: false }
}

const mappers: { readonly [Kind in NetworkProfile['addresses']]: PeerInfoMapper } = {
  // kad-dht's own default, which drops every peer of a LAN.
  public: removePrivateAddressesMapper,
  private: removePublicAddressesMapper,
  any: passthroughMapper,
}

function mapperOf({ addresses }: NetworkProfile, { peerId }: KadDHTComponents): PeerInfoMapper {
  const map = mappers[addresses]
  // kad-dht would try to ping itself when others tell it of itself.
  return info => (info.id.equals(peerId) ? { ...info, multiaddrs: [] } : map(info))
}

/**
 * Says only whether a key can name a zone. kad-dht asks this of each answer of a lookup too and throws away what
 * fails, but whoever reads the lookup verifies the answers, and wants to know of bad ones. What comes to be
 * stored is verified where it is stored, in the guarded datastore.
 */
function checkName(key: Uint8Array): void {
  if (zoneIdOfRoutingKey(key) === undefined)
    throw new MalformedRecordError('the key is not the name of an Ed25519 key')
}

/** For kad-dht's correction of its own copy, which the guarded datastore verifies like any other write. */
function selectNewest(key: Uint8Array, values: Uint8Array[]): number {
  const zoneId = zoneIdOfRoutingKey(key)
  let best = 0
  let bestRecord: SignedRecord | undefined
  for (const [at, value] of values.entries()) {
    if (zoneId === undefined) break
    try {
      const record = decodeRecord(zoneId, value)
      if (bestRecord !== undefined && compareRecords(record, bestRecord) <= 0) continue
      best = at
      bestRecord = record
    } catch {
      // No record at all, so not the newest.
    }
  }
  return best
}
