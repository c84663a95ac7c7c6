import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { type Datastore, Key } from 'interface-datastore'

// Apart from libp2p's own keys, which start with /peers, /dht and the like.
const PEER_KEY = new Key('/signpost/peer-key')

/**
 * The key behind this node's peer ID, made at the first start and the same from then on, so that addresses
 * which name the peer stay good. It signs no zone.
 */
export async function loadPeerKey(datastore: Datastore): Promise<PrivateKey> {
  if (await datastore.has(PEER_KEY)) return privateKeyFromProtobuf(await datastore.get(PEER_KEY))
  const key = await generateKeyPair('Ed25519')
  await datastore.put(PEER_KEY, privateKeyToProtobuf(key))
  return key
}
