import { type Ds, type Message, Name, RrClass, RrType } from '@signpost/dns'
import { type Ask, askInTime } from './ask.ts'
import { MAX_DS, type Purse } from './budget.ts'
import { type CutWithoutDs, cutWithoutDs, gatherProof } from './denial.ts'
import { lastLabels } from './octets.ts'
import { Proved } from './proved.ts'
import { type SignedSet, SignedSets } from './signed-set.ts'
import { type TrustAnchor, anchorFor } from './trust-anchors.ts'
import { type Doubt, bogus, indeterminate, isDoubt } from './verdict.ts'
import { printSet, verifySet } from './verify-set.ts'
import { type Zone, isKnownDs, keysNamedBy, zoneKeysIn } from './zone-keys.ts'

/** One lookup: what it may still cost, when it takes place, and what stops it. */
export interface Lookup {
  readonly purse: Purse
  /** Seconds since 1970. */
  readonly now: number
  readonly signal: AbortSignal
}

/** Whose a name is. */
export type Holder = SignedCut | { readonly kind: 'unsigned'; readonly cut: Name } | Doubt

/** The apex of a zone whose keys are proved. */
interface SignedCut {
  readonly kind: 'signed'
  readonly zone: Zone
}

/** What a name is to the zone above it. */
type Cut = SignedCut | { readonly kind: CutWithoutDs }

interface ProvedCut<C extends Cut = Cut> {
  readonly kind: 'cut'
  readonly cut: C
  /** Seconds. */
  readonly ttl: number
}

/** The two sections of an answer that matter. */
export interface Sections {
  readonly kind: 'sections'
  readonly answers: SignedSets
  readonly authorities: SignedSets
}

export interface ChainParts {
  readonly ask: Ask
  readonly trustAnchors: readonly TrustAnchor[]
}

/** Follows signatures from a trust anchor down to the zone that holds a name (RFC 4035, section 5). */
export class Chain {
  private readonly ask: Ask
  private readonly trustAnchors: readonly TrustAnchor[]
  /** Two of them, since a zone that is a trust anchor may have another zone above it that says something else. */
  private readonly cuts = new Proved<Cut>()
  private readonly anchorZones = new Proved<SignedCut>()

  constructor({ ask, trustAnchors }: ChainParts) {
    this.ask = ask
    this.trustAnchors = trustAnchors
  }

  async sections(name: Name, type: number, { purse, signal }: Lookup): Promise<Sections | Doubt> {
    const over = purse.spend('questions')
    if (over !== undefined) return over
    const reply = await askInTime(this.ask, { name, type, class: RrClass.IN }, signal)
    if (isDoubt(reply)) return { ...reply, reason: `${printSet({ name, type })}: ${reply.reason}` }
    return sectionsOf(reply.message)
  }

  /** The zone that a name is in, as far down as signatures lead. */
  async holderOf(name: Name, lookup: Lookup): Promise<Holder> {
    const anchor = anchorFor(this.trustAnchors, name)
    if (anchor === undefined) return indeterminate(`no trust anchor is above ${name.toString()}`)
    let holder: Holder = await this.anchorZone(anchor, lookup)
    for (let labels = anchor.zone.labelCount + 1; labels <= name.labelCount; labels++) {
      if (holder.kind !== 'signed') return holder
      const child = lastLabels(name, labels)
      const cut: Cut | Doubt =
        this.cuts.find(child, lookup.now) ?? (await this.cutAt(child, holder.zone, lookup))
      switch (cut.kind) {
        case 'signed':
          holder = cut
          break
        case 'unsigned':
          holder = { kind: 'unsigned', cut: child }
          break
        case 'no-cut':
          break
        case 'no-name':
          return holder
        case 'bogus':
        case 'indeterminate':
          return cut
      }
    }
    return holder
  }

  private async anchorZone({ zone, ds }: TrustAnchor, lookup: Lookup): Promise<SignedCut | Doubt> {
    const known = this.anchorZones.find(zone, lookup.now)
    if (known !== undefined) return known
    const proved = await this.zoneBy(zone, ds, lookup)
    if (isDoubt(proved)) return proved
    this.anchorZones.note(zone, proved.cut, proved.ttl, lookup.now)
    return proved.cut
  }

  private async cutAt(child: Name, parent: Zone, lookup: Lookup): Promise<Cut | Doubt> {
    const proved = await this.proveCut(child, parent, lookup)
    if (isDoubt(proved)) return proved
    this.cuts.note(child, proved.cut, proved.ttl, lookup.now)
    return proved.cut
  }

  private async proveCut(child: Name, parent: Zone, lookup: Lookup): Promise<ProvedCut | Doubt> {
    const sections = await this.sections(child, RrType.DS, lookup)
    if (isDoubt(sections)) return sections
    const { answers, authorities } = sections
    const set = answers.find(child, RrType.DS)
    if (set !== undefined) return this.signedZone(set, parent, lookup)
    const alias = aliasAt(answers, child, parent)
    if (alias !== undefined) {
      const valid = await verifySet(alias, parent, lookup.now, lookup.purse)
      if (valid.kind !== 'valid') return valid
      // A wildcard's alias says nothing about names that are there, so its proof is needed as well: see below.
      if (valid.encloser === undefined) return { kind: 'cut', cut: { kind: 'no-cut' }, ttl: valid.ttl }
    }
    const proof = await gatherProof(authorities, child, parent, lookup.now, lookup.purse)
    if (isDoubt(proof)) return proof
    const kind = cutWithoutDs(proof.evidence, child)
    return typeof kind === 'string' ? { kind: 'cut', cut: { kind }, ttl: proof.ttl } : kind
  }

  private async signedZone(set: SignedSet, parent: Zone, lookup: Lookup): Promise<ProvedCut | Doubt> {
    const valid = await verifySet(set, parent, lookup.now, lookup.purse)
    if (valid.kind !== 'valid') return valid
    if (valid.encloser !== undefined) return bogus(`${printSet(set)} is a wildcard's`)
    const list = set.rdatas.flatMap(rdata => (rdata.kind === 'DS' && isKnownDs(rdata) ? [rdata] : []))
    // RFC 4035, section 5.2 lets such a zone count as unsigned. Yet it is signed, by a key that cannot be checked here.
    if (list.length === 0)
      return indeterminate(
        `${set.name.toString()} is signed with algorithms or digests that are not known here`,
      )
    const proved = await this.zoneBy(set.name, list.slice(0, MAX_DS), lookup)
    return isDoubt(proved) ? proved : { ...proved, ttl: Math.min(proved.ttl, valid.ttl) }
  }

  /** The keys of a zone, signed by one that a DS record names. */
  private async zoneBy(name: Name, ds: readonly Ds[], lookup: Lookup): Promise<ProvedCut<SignedCut> | Doubt> {
    const sections = await this.sections(name, RrType.DNSKEY, lookup)
    if (isDoubt(sections)) return sections
    const set = sections.answers.find(name, RrType.DNSKEY)
    if (set === undefined) return indeterminate(`nobody gives the keys of ${name.toString()}`)
    const keys = zoneKeysIn(set)
    if ('kind' in keys) return keys
    const named = keysNamedBy(ds, { name, keys }, lookup.purse)
    if ('kind' in named) return named
    const valid = await verifySet(set, { name, keys: named }, lookup.now, lookup.purse)
    if (valid.kind !== 'valid') return valid
    return { kind: 'cut', cut: { kind: 'signed', zone: { name, keys } }, ttl: valid.ttl }
  }
}

function sectionsOf({ answers, authorities }: Message): Sections {
  return { kind: 'sections', answers: new SignedSets(answers), authorities: new SignedSets(authorities) }
}

/** The alias that answers for a name that is no zone's apex: its own, or what a DNAME of the zone makes of it. */
function aliasAt(answers: SignedSets, name: Name, zone: Zone): SignedSet | undefined {
  const own = answers.find(name, RrType.CNAME)
  return own !== undefined && own.signatures.length > 0 ? own : redirectionOf(answers, name, zone.name)
}

/** The DNAME above a name, at `top` or below it (RFC 6672, section 2.3). */
export function redirectionOf(answers: SignedSets, name: Name, top: Name = Name.root): SignedSet | undefined {
  for (let above = name; !above.equals(top) && !above.isRoot; ) {
    above = above.parent
    const set = answers.find(above, RrType.DNAME)
    if (set !== undefined) return set
  }
  return undefined
}
