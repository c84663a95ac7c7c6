import { publicKeyOf, routingKeyOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import { fromHex, hex } from './octets.ts'

// RFC 8032, section 7.1, TEST 1 and TEST 2: private keys that everybody has.
export const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
export const SECOND_SEED = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
const SEEDS = [
  SEED,
  SECOND_SEED,
  '00'.repeat(32),
  'ff'.repeat(32),
  Array.from({ length: 32 }, (_, n) => hex(Uint8Array.of(n))).join(''),
]

export const signer = signerFromSeed(fromHex(SEED))
export const zoneId = zoneIdOf(signer.publicKey)

export interface KeyVectors {
  readonly about: string
  readonly keys: readonly {
    readonly seed: string
    readonly publicKey: string
    readonly zoneId: string
    readonly dhtKey: string
  }[]
  readonly invalidZoneIds: readonly { readonly text: string; readonly why: string }[]
}

export function keyVectors(): KeyVectors {
  const keys = SEEDS.map(seed => {
    const { publicKey } = signerFromSeed(fromHex(seed))
    const id = zoneIdOf(publicKey)
    return { seed, publicKey: hex(publicKeyOf(id)), zoneId: id, dhtKey: hex(routingKeyOf(id)) }
  })
  return {
    about:
      'Ed25519 seeds, and the public keys, zone IDs and keys of the DHT that follow from them; texts that are no zone ID.',
    keys,
    invalidZoneIds: [
      { text: '', why: 'empty' },
      { text: zoneId.slice(0, -1), why: '61 characters' },
      { text: `${zoneId}.`, why: '63 characters' },
      { text: `b${zoneId.slice(1)}`, why: 'another multibase prefix' },
      { text: `${zoneId.slice(0, -1)}_`, why: 'a character that base36 does not have' },
      { text: `k51zzzzz${zoneId.slice(8)}`, why: 'another kind of key' },
      { text: '12D3KooWPqT2nMDSiXUSx5D7fasaxhxKigVhcqfkKqrLghCq9jxz', why: 'a peer ID in base58' },
      { text: idOfOctets(`01${'00'.repeat(31)}`), why: 'a point of order 1: anybody can sign for it' },
      { text: idOfOctets(`ec${'ff'.repeat(30)}7f`), why: 'a point of order 2' },
      { text: idOfOctets('00'.repeat(32)), why: 'a point of order 4' },
      {
        text: idOfOctets('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
        why: 'a point of order 8',
      },
      { text: idOfOctets(`ee${'ff'.repeat(30)}7f`), why: 'y is p + 1, so the key is not in canonical form' },
    ],
  }
}

// base36 without the checks that zoneIdOf makes.
function idOfOctets(publicKey: string): string {
  return `k${BigInt(`0x01720024080112 20${publicKey}`.replace(' ', '')).toString(36)}`
}
