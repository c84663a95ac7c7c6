import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto'
import {
  type Ds,
  type Message,
  type Name,
  type Question,
  Rcode,
  type ResourceRecord,
  RrClass,
  RrType,
  createQuery,
  parseName,
  parseRrType,
  parseZoneFile,
  rdataOctets,
} from '@signpost/dns'
import type { Ask, Reply } from './ask.ts'
import type { Budget } from './budget.ts'
import { hashName } from './nsec3.ts'
import { type Rrsig, decodeRrsig } from './rrsig.ts'
import { SignedSets } from './signed-set.ts'
import type { TrustAnchor } from './trust-anchors.ts'
import { type Validator, createValidator } from './validator.ts'
import type { Verdict } from './verdict.ts'
import { signedData } from './verify-set.ts'
import { keyTagOf } from './zone-keys.ts'

// A world of three zones in memory, in which a test can be anybody who answers, with any zone's key.

/** Seconds since 1970. */
export const NOW = 1_790_000_000
const HOUR = 3600

export function recordsIn(text: string): ResourceRecord[] {
  return parseZoneFile(`${text}\n`, { origin: parseName('.'), defaultTtl: 300 })
}

export type SigningFields = Partial<
  Pick<Rrsig, 'algorithm' | 'labels' | 'expiration' | 'inception' | 'keyTag' | 'signer' | 'originalTtl'>
>

interface KeyOptions {
  readonly flags: number
  readonly protocol: number
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** A zone with one Ed25519 key that signs whatever it is told to. */
export class ModelZone {
  readonly name: Name
  readonly key: ResourceRecord
  readonly pair: KeyOptions['pair']

  /** @param options `pair` is another one's, for zones with the same key. */
  constructor(
    name: string,
    { flags = 257, protocol = 3, pair = generateKeyPairSync('ed25519') }: Partial<KeyOptions> = {},
  ) {
    this.name = parseName(name)
    const { publicKey } = pair
    this.pair = pair
    const octets = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    this.key = this.keyRecord(octets, flags, protocol)
  }

  keyRecord(publicKey: Uint8Array, flags = 257, protocol = 3): ResourceRecord {
    const rdata = { kind: 'DNSKEY', flags, protocol, algorithm: 15, publicKey } as const
    return { name: this.name, type: RrType.DNSKEY, class: RrClass.IN, ttl: 300, rdata }
  }

  get tag(): number {
    return keyTagOf(rdataOctets(RrType.DNSKEY, this.key.rdata))
  }

  get ds(): ResourceRecord {
    const octets = rdataOctets(RrType.DNSKEY, this.key.rdata)
    const digest = createHash('sha256').update(this.name.wire).update(octets).digest()
    const rdata: Ds = { kind: 'DS', keyTag: this.tag, algorithm: 15, digestType: 2, digest }
    return { name: this.name, type: RrType.DS, class: RrClass.IN, ttl: 300, rdata }
  }

  get dsRdata(): readonly Ds[] {
    const { rdata } = this.ds
    return rdata.kind === 'DS' ? [rdata] : []
  }

  /** The records with a signature behind them. They are one RRset. */
  sign(records: string | readonly ResourceRecord[], fields: SigningFields = {}): ResourceRecord[] {
    const list = typeof records === 'string' ? recordsIn(records) : [...records]
    return [...list, this.signature(list, fields)]
  }

  signature(records: readonly ResourceRecord[], fields: SigningFields = {}): ResourceRecord {
    const [first] = records
    if (first === undefined) throw new Error('nothing to sign')
    const head = Buffer.alloc(18)
    head.writeUInt16BE(first.type, 0)
    head.writeUInt8(fields.algorithm ?? 15, 2)
    head.writeUInt8(fields.labels ?? first.name.labelCount - (first.name.isWildcard ? 1 : 0), 3)
    head.writeUInt32BE(fields.originalTtl ?? first.ttl, 4)
    head.writeUInt32BE(fields.expiration ?? NOW + 24 * HOUR, 8)
    head.writeUInt32BE(fields.inception ?? NOW - HOUR, 12)
    head.writeUInt16BE(fields.keyTag ?? this.tag, 16)
    const octets = (signature: Uint8Array): Buffer =>
      Buffer.concat([head, (fields.signer ?? this.name).wire, signature])
    const rrsig = decodeRrsig(octets(Uint8Array.of(0)))
    const set = new SignedSets(records).find(first.name, first.type)
    if (rrsig === undefined || set === undefined) throw new Error('nothing to sign')
    const rdata = {
      kind: 'UNKNOWN',
      octets: octets(sign(null, signedData(rrsig, set), this.pair.privateKey)),
    } as const
    return { name: first.name, type: RrType.RRSIG, class: RrClass.IN, ttl: first.ttl, rdata }
  }

  nsec(owner: string, next: string, types: readonly string[], fields: SigningFields = {}): ResourceRecord[] {
    return this.sign([nsecRecord(owner, next, types)], fields)
  }

  /** @param options `around` makes it a span that covers the name instead of one that is the name's. */
  nsec3(
    owner: string,
    types: readonly string[],
    options: { around?: boolean; optOut?: boolean; iterations?: number; salt?: string } = {},
  ): ResourceRecord[] {
    const { around = false, optOut = false, iterations = 0, salt = 'aa' } = options
    const hash = hashName(parseName(owner), Buffer.from(salt, 'hex'), iterations)
    const [from, to] = around ? [step(hash, -1), step(hash, 1)] : [hash, step(hash, 1)]
    const head = Buffer.from([1, optOut ? 1 : 0, iterations >> 8, iterations & 0xff, salt.length / 2])
    const octets = Buffer.concat([head, Buffer.from(salt, 'hex'), Uint8Array.of(20), to, bitmapOf(types)])
    const name = this.name.prepend(Buffer.from(base32Hex(from)))
    const rdata = { kind: 'UNKNOWN', octets } as const
    return this.sign([{ name, type: RrType.NSEC3, class: RrClass.IN, ttl: 300, rdata }])
  }
}

export function nsecRecord(owner: string, next: string, types: readonly string[]): ResourceRecord {
  const octets = Buffer.concat([parseName(next).wire, bitmapOf(types)])
  const rdata = { kind: 'UNKNOWN', octets } as const
  return { name: parseName(owner), type: RrType.NSEC, class: RrClass.IN, ttl: 300, rdata }
}

function step(hash: Uint8Array, by: 1 | -1): Uint8Array {
  const next = Buffer.from(hash)
  next[19] = ((next[19] ?? 0) + by) & 0xff
  return next
}

/** Types below 256. */
export function bitmapOf(types: readonly string[]): Uint8Array {
  const bits = new Uint8Array(32)
  for (const type of types) {
    const value = parseRrType(type) ?? 0
    bits[value >> 3] = (bits[value >> 3] ?? 0) | (0x80 >> (value & 7))
  }
  return types.length === 0 ? new Uint8Array() : Buffer.concat([Uint8Array.of(0, 32), bits])
}

export function base32Hex(octets: Uint8Array): string {
  const bits = [...octets].map(octet => octet.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map(five => Number.parseInt(five, 2).toString(32)).join('')
}

export interface Said {
  readonly answers?: readonly ResourceRecord[]
  readonly authorities?: readonly ResourceRecord[]
  readonly rcode?: number
}

/** The root, `test.`, and in it the domain that somebody is after, the attacker's own, and one that is not signed. */
export class World {
  readonly root = new ModelZone('.')
  readonly test = new ModelZone('test.')
  readonly victim = new ModelZone('victim.test.')
  readonly evil = new ModelZone('evil.test.')
  /** In seconds. */
  now = NOW
  /** What was asked, as `name TYPE`. */
  readonly asked: string[] = []
  private readonly said = new Map<string, Said>()

  constructor() {
    const { root, test, victim, evil } = this
    for (const zone of [root, test, victim, evil])
      this.say(zone.name, 'DNSKEY', { answers: zone.sign([zone.key]) })
    this.say('test.', 'DS', { answers: root.sign([test.ds]) })
    this.say('victim.test.', 'DS', { answers: test.sign([victim.ds]) })
    this.say('evil.test.', 'DS', { answers: test.sign([evil.ds]) })
    this.say('plain.test.', 'DS', { authorities: test.nsec('plain.test.', 'victim.test.', ['NS', 'NSEC']) })
    this.say('_signpost.plain.test.', 'TXT', { answers: recordsIn('_signpost.plain.test. TXT plain') })
    this.say('_signpost.victim.test.', 'TXT', { answers: victim.sign('_signpost.victim.test. TXT right') })
    this.say('_signpost.victim.test.', 'DS', { authorities: this.noCut })
  }

  /** That the victim's pin is a name of the victim's own zone. */
  get noCut(): ResourceRecord[] {
    return this.victim.nsec('_signpost.victim.test.', 'victim.test.', ['TXT', 'RRSIG', 'NSEC'])
  }

  say(name: string | Name, type: string, said: Said): void {
    this.said.set(`${name.toString()} ${type}`, said)
  }

  readonly ask: Ask = async question => this.reply(question)

  reply(question: Question): Reply {
    const key = `${question.name.toString()} ${typeName(question.type)}`
    this.asked.push(key)
    const said = this.said.get(key)
    return said === undefined
      ? { kind: 'failed', reason: 'nobody answers' }
      : { kind: 'reply', message: messageOf(question, said) }
  }

  validator(budget?: Budget, ask: Ask = this.ask): Validator {
    return this.validatorWith([{ zone: this.root.name, ds: this.root.dsRdata }], budget, ask)
  }

  validatorWith(trustAnchors: readonly TrustAnchor[], budget?: Budget, ask: Ask = this.ask): Validator {
    return createValidator({
      ask,
      trustAnchors,
      now: () => this.now * 1000,
      ...(budget === undefined ? {} : { budget }),
    })
  }

  async lookUp(
    name = '_signpost.victim.test.',
    type = 'TXT',
    validator = this.validator(),
  ): Promise<Verdict> {
    return validator.lookUp(questionOf(name, type), new AbortController().signal)
  }
}

const TYPES = ['DNSKEY', 'DS', 'TXT', 'A']

function typeName(type: number): string {
  return TYPES.find(text => parseRrType(text) === type) ?? String(type)
}

export function questionOf(name: string, type: string): Question {
  return { name: parseName(name), type: parseRrType(type) ?? 0, class: RrClass.IN }
}

function messageOf(question: Question, said: Said): Message {
  return createQuery(question, { response: true, recursionAvailable: true, rcode: Rcode.NOERROR, ...said })
}

/** The verdict in a line, without its reason. */
export function printVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'denied':
      return `denied ${verdict.denial}`
    case 'insecure':
      return `insecure ${verdict.cut.toString()}`
    case 'secure':
    case 'bogus':
    case 'indeterminate':
      return verdict.kind
  }
}
