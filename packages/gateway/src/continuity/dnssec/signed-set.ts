import {
  type Name,
  type Rdata,
  type ResourceRecord,
  type RrSet,
  RrClass,
  RrType,
  canonicalRdataOctets,
} from '@signpost/dns'
import { type Rrsig, decodeRrsig } from './rrsig.ts'

/** An RRset as it stands in a message, with the signatures that go with it. */
export interface SignedSet extends RrSet {
  /** Those of zones at or above the owner; of a DS RRset, above it (RFC 4035, section 5.3.1). */
  readonly signatures: readonly Rrsig[]
  /** The rdata in canonical form and order, none twice (RFC 4034, section 6.3). */
  readonly canonicalRdatas: readonly Uint8Array[]
}

interface Draft {
  readonly first: ResourceRecord
  ttl: number
  readonly rdatas: Map<string, Rdata>
}

/** The RRsets of one section. */
export class SignedSets {
  readonly all: readonly SignedSet[]
  private readonly byKey: ReadonlyMap<string, SignedSet>

  constructor(records: readonly ResourceRecord[]) {
    const drafts = new Map<string, Draft>()
    const signatures = new Map<string, Rrsig[]>()
    for (const record of records) {
      if (record.class !== RrClass.IN) continue
      if (record.type === RrType.RRSIG) note(signatures, record)
      else add(drafts, record)
    }
    this.byKey = new Map([...drafts].map(([key, draft]) => [key, setOf(draft, signatures.get(key) ?? [])]))
    this.all = [...this.byKey.values()]
  }

  find(name: Name, type: number): SignedSet | undefined {
    return this.byKey.get(keyOf(name, type))
  }
}

function keyOf(name: Name, type: number): string {
  return `${type} ${name.key}`
}

function note(signatures: Map<string, Rrsig[]>, { name, rdata }: ResourceRecord): void {
  const rrsig = rdata.kind === 'UNKNOWN' ? decodeRrsig(rdata.octets) : undefined
  if (rrsig === undefined || !name.isAtOrBelow(rrsig.signer)) return
  if (rrsig.typeCovered === RrType.DS && name.equals(rrsig.signer)) return
  const key = keyOf(name, rrsig.typeCovered)
  const known = signatures.get(key)
  if (known === undefined) signatures.set(key, [rrsig])
  else known.push(rrsig)
}

function add(drafts: Map<string, Draft>, record: ResourceRecord): void {
  const key = keyOf(record.name, record.type)
  const octets = Buffer.from(canonicalRdataOctets(record.type, record.rdata)).toString('latin1')
  const known = drafts.get(key)
  if (known === undefined) {
    drafts.set(key, { first: record, ttl: record.ttl, rdatas: new Map([[octets, record.rdata]]) })
    return
  }
  known.ttl = Math.min(known.ttl, record.ttl)
  if (!known.rdatas.has(octets)) known.rdatas.set(octets, record.rdata)
}

function setOf({ first, ttl, rdatas }: Draft, signatures: readonly Rrsig[]): SignedSet {
  // One character an octet, so that text sorts as octets do.
  const sorted = [...rdatas].sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    name: first.name,
    type: first.type,
    class: first.class,
    ttl,
    rdatas: sorted.map(([, rdata]) => rdata),
    signatures,
    canonicalRdatas: sorted.map(([octets]) => Buffer.from(octets, 'latin1')),
  }
}

/** The zone that seems to have signed: the one nearest to the owner. */
export function apparentSigner({ signatures }: SignedSet): Name | undefined {
  return deepest(signatures.map(({ signer }) => signer))
}

export function deepest(names: readonly Name[]): Name | undefined {
  let nearest: Name | undefined
  for (const name of names) if (nearest === undefined || name.labelCount > nearest.labelCount) nearest = name
  return nearest
}
