import { SignpostError } from '@signpost/dns'

/** The types of messages by their numbers. */
const TYPES = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING'] as const

export type KadMessageType = (typeof TYPES)[number]

/** A peer that a message names. */
export interface KadPeer {
  /** The multihash of its public key. */
  readonly id: Uint8Array
  /** In binary. */
  readonly multiaddrs: readonly Uint8Array[]
}

/** A message between peers of a DHT, less what nobody uses (libp2p's kad-dht specification, "RPC messages"). */
export interface KadMessage {
  readonly type: KadMessageType
  readonly key?: Uint8Array | undefined
  /** Of libp2p's form, in octets. */
  readonly record?: Uint8Array | undefined
  readonly closer: readonly KadPeer[]
  readonly providers: readonly KadPeer[]
}

/** Octets that are no message of a DHT. */
export class MalformedKadMessageError extends SignpostError {
  readonly code = 'MALFORMED_KAD_MESSAGE'

  constructor(what: string) {
    super(
      `a peer of the DHT sent octets that are no message of its protocol: ${what}; nothing of them is used`,
    )
  }
}

const TYPE = 1
const KEY = 2
const RECORD = 3
const CLOSER = 8
const PROVIDERS = 9
const PEER_ID = 1
const PEER_ADDRESS = 2

/** A message in protobuf's encoding. */
export function encodeKadMessage(message: KadMessage): Uint8Array {
  const { type, key, record, closer, providers } = message
  return Buffer.concat([
    Uint8Array.of(TYPE << 3, TYPES.indexOf(type)),
    ...(key === undefined ? [] : field(KEY, key)),
    ...(record === undefined ? [] : field(RECORD, record)),
    ...closer.flatMap(peer => field(CLOSER, encodePeer(peer))),
    ...providers.flatMap(peer => field(PROVIDERS, encodePeer(peer))),
  ])
}

function encodePeer({ id, multiaddrs }: KadPeer): Uint8Array {
  return Buffer.concat([...field(PEER_ID, id), ...multiaddrs.flatMap(one => field(PEER_ADDRESS, one))])
}

/**
 * Reads a message. What it returns are views of the octets.
 * @param isWhole false where these are only the first octets of a message: a peer that is cut off is left out.
 * @throws MalformedKadMessageError
 */
export function decodeKadMessage(octets: Uint8Array, isWhole = true): KadMessage {
  let type: KadMessageType | undefined = TYPES[0]
  let key: Uint8Array | undefined
  let record: Uint8Array | undefined
  const closer: KadPeer[] = []
  const providers: KadPeer[] = []
  for (const [number, value] of fieldsOf(octets, isWhole))
    if (typeof value === 'number') type = number === TYPE ? TYPES[value] : type
    else if (number === KEY) key = value
    else if (number === RECORD) record = value
    else if (number === CLOSER) closer.push(decodePeer(value))
    else if (number === PROVIDERS) providers.push(decodePeer(value))
  if (type === undefined) throw new MalformedKadMessageError('it is of no type that there is')
  return { type, key, record, closer, providers }
}

function decodePeer(octets: Uint8Array): KadPeer {
  let id: Uint8Array = new Uint8Array(0)
  const multiaddrs: Uint8Array[] = []
  for (const [number, value] of fieldsOf(octets, true))
    if (typeof value === 'number') continue
    else if (number === PEER_ID) id = value
    else if (number === PEER_ADDRESS) multiaddrs.push(value)
  return { id, multiaddrs }
}

/** A number as protobuf writes it: seven bits an octet, the lowest first. */
export function encodeVarint(value: number): Uint8Array {
  const octets: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80)
  octets.push(rest)
  return Uint8Array.from(octets)
}

function field(number: number, value: Uint8Array): Uint8Array[] {
  return [Uint8Array.of((number << 3) | 2), encodeVarint(value.length), value]
}

// The fields of a message one after the other: a number, or the octets of all that has a length.
function* fieldsOf(octets: Uint8Array, isWhole: boolean): Generator<[number: number, number | Uint8Array]> {
  let at = 0
  const readVarint = (): number | undefined => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const octet = octets[at++]
      if (octet === undefined) return undefined
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value
    }
    throw new MalformedKadMessageError('it has a number of more than ten octets')
  }
  const readValue = (wireType: number): number | Uint8Array | undefined => {
    if (wireType === 0) return readVarint()
    const length = wireType === 2 ? readVarint() : FIXED_LENGTHS[wireType]
    if (wireType !== 2 && length === undefined)
      throw new MalformedKadMessageError(`it has a field of wire type ${wireType}`)
    if (length === undefined || length > octets.length - at) return undefined
    at += length
    return octets.subarray(at - length, at)
  }
  while (at < octets.length) {
    const tag = readVarint()
    const value = tag === undefined ? undefined : readValue(tag % 8)
    const number = tag === undefined ? undefined : Math.floor(tag / 8)
    if (number !== undefined && value !== undefined) yield [number, value]
    // Without some of its peers a message is as good. One without its record says something else.
    else if (!isWhole && (number === undefined || number === CLOSER || number === PROVIDERS)) return
    else throw new MalformedKadMessageError('it ends inside a field')
  }
}

const FIXED_LENGTHS: { readonly [wireType: number]: number } = { 1: 8, 5: 4 }
