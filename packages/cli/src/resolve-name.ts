import { type Zone, type ZoneId, apexOf, lookup, setsAt, soaOf, zoneIdOfName, zoneOf } from '@signpost/core'
import {
  InvalidNameError,
  type Name,
  type RrSet,
  RrType,
  mapRdataNames,
  type SignpostError,
} from '@signpost/dns'
import type { ResolveOptions, ResolveOutcome, ZoneResolver } from '@signpost/node'

/** Zones and aliases that one name may lead through. */
export const MAX_STEPS = 16

/** One step on the way from a name to its records. */
export type Step =
  | { readonly kind: 'zone'; readonly zoneId: ZoneId; readonly outcome: ResolveOutcome }
  | { readonly kind: 'lookup'; readonly name: Name; readonly result: string; readonly next: Name | undefined }

/** What a name came to. `sets` starts with the aliases that led on, and has owner names as they were asked for. */
export type NameAnswer =
  | { readonly kind: 'answer'; readonly sets: readonly RrSet[] }
  | { readonly kind: 'no-data' | 'no-name'; readonly sets: readonly RrSet[] }
  /** An alias that goes on in ordinary DNS. */
  | { readonly kind: 'elsewhere'; readonly sets: readonly RrSet[]; readonly target: Name }
  /** The name is in the hands of ordinary name servers. `sets` ends with their NS. */
  | { readonly kind: 'delegated'; readonly sets: readonly RrSet[]; readonly cut: Name }
  | {
      readonly kind: 'retired' | 'no-zone' | 'absent' | 'unreached' /* no peer was there to be asked */
      readonly sets: readonly RrSet[]
      readonly zoneId: ZoneId
    }
  | {
      readonly kind: 'expired'
      readonly sets: readonly RrSet[]
      readonly zoneId: ZoneId
      readonly validity: string
    }
  | {
      readonly kind: 'invalid'
      readonly sets: readonly RrSet[]
      readonly zoneId: ZoneId
      readonly error: SignpostError
    }
  | { readonly kind: 'loop' | 'too-long'; readonly sets: readonly RrSet[] }

export interface ResolveNameOptions extends ResolveOptions {
  readonly onStep?: (step: Step) => void
}

// A zone as it was asked for: where another zone delegates to it, its apex stands as the name of the cut.
interface View {
  readonly zoneId: ZoneId
  readonly apex: Name
  readonly outerApex: Name
}

/**
 * Follows a name through signed zones: aliases within one and into others, and labels that one key hands to another.
 * @param name whose last label is a zone ID.
 */
export async function resolveName(
  resolver: ZoneResolver,
  name: Name,
  type: number,
  options: ResolveNameOptions = {},
): Promise<NameAnswer> {
  const sets: RrSet[] = []
  let at: { view: View; inner: Name } | undefined = start(name)
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    if (at === undefined) throw new TypeError(`${name.toString()} is not in a zone`)
    const { view, inner } = at
    const outcome = await resolver.resolve(view.zoneId, options)
    options.onStep?.({ kind: 'zone', zoneId: view.zoneId, outcome })
    const zone = zoneIn(outcome, view.zoneId, sets)
    if ('kind' in zone) return zone
    const next = step(zone, soaSet(outcome, zone), view, inner, type, sets)
    options.onStep?.({ kind: 'lookup', name: inner, result: next.result, next: next.target })
    if (next.answer !== undefined) return next.answer
    at = next.goOn
  }
  return { kind: 'loop', sets }
}

function start(name: Name): { view: View; inner: Name } | undefined {
  const zoneId = zoneIdOfName(name)
  if (zoneId === undefined) return undefined
  const apex = apexOf(zoneId)
  return { view: { zoneId, apex, outerApex: apex }, inner: name }
}

function zoneIn(outcome: ResolveOutcome, zoneId: ZoneId, sets: readonly RrSet[]): Zone | NameAnswer {
  switch (outcome.kind) {
    case 'absent':
      return { kind: outcome.provenance.asked === 0 ? 'unreached' : 'absent', sets, zoneId }
    case 'invalid':
      return { kind: 'invalid', sets, zoneId, error: outcome.error }
    case 'expired':
      return { kind: 'expired', sets, zoneId, validity: outcome.record.validity }
    case 'found': {
      const zone = zoneOf(outcome.record)
      if (zone !== undefined) return zone
      return { kind: outcome.record.content.kind === 'retired' ? 'retired' : 'no-zone', sets, zoneId }
    }
  }
}

function soaSet(outcome: ResolveOutcome, zone: Zone): RrSet | undefined {
  return outcome.kind === 'found' ? soaOf(zone, outcome.record.sequence) : undefined
}

interface Next {
  readonly result: string
  readonly target: Name | undefined
  readonly answer?: NameAnswer
  readonly goOn?: { view: View; inner: Name }
}

function step(
  zone: Zone,
  soa: RrSet | undefined,
  view: View,
  inner: Name,
  type: number,
  sets: RrSet[],
): Next {
  const found = lookup(zone, inner, type)
  const result = found.kind
  const ends = (kind: 'answer' | 'no-data' | 'no-name' | 'too-long', more: readonly RrSet[] = []): Next => {
    sets.push(...more.map(set => outward(set, view)))
    return { result, target: undefined, answer: { kind, sets } }
  }
  switch (found.kind) {
    case 'answer':
      return ends('answer', type === RrType.ANY ? setsAt(zone, inner) : [found.set])
    case 'no-data':
      // A zone without an SOA of its own has one all the same.
      return type === RrType.SOA && soa !== undefined && inner.equals(zone.apex)
        ? ends('answer', [soa])
        : ends('no-data')
    case 'no-name':
    case 'outside':
      return ends('no-name')
    case 'too-long':
      return ends('too-long', [found.dname])
    case 'alias':
    case 'redirection': {
      const added = found.kind === 'alias' ? [found.set] : [found.dname, found.set]
      if (type === RrType.CNAME || type === RrType.ANY) return ends('answer', added)
      sets.push(...added.map(set => outward(set, view)))
      // Within the zone the view stays, so that names below a delegation keep their form.
      const goOn = found.target.isAtOrBelow(view.apex) ? { view, inner: found.target } : start(found.target)
      if (goOn !== undefined) return { result, target: found.target, goOn }
      return { result, target: found.target, answer: { kind: 'elsewhere', sets, target: found.target } }
    }
    case 'delegation': {
      const goOn = handOver(found.set, found.cut, view, inner)
      if (goOn !== undefined) return { result, target: goOn.inner, goOn }
      sets.push(outward(found.set, view))
      return { result, target: undefined, answer: { kind: 'delegated', sets, cut: found.cut } }
    }
  }
}

// A name server that is the apex of a zone is another key, whose zone stands at the cut.
function handOver(set: RrSet, cut: Name, view: View, inner: Name): { view: View; inner: Name } | undefined {
  for (const rdata of set.rdatas) {
    if (rdata.kind !== 'NS' || rdata.nameServer.labelCount !== 1) continue
    const zoneId = zoneIdOfName(rdata.nameServer)
    if (zoneId === undefined) continue
    const apex = apexOf(zoneId)
    return { view: { zoneId, apex, outerApex: outwardName(cut, view) }, inner: inner.rebase(cut, apex) }
  }
  return undefined
}

function outward(set: RrSet, view: View): RrSet {
  return {
    ...set,
    name: outwardName(set.name, view),
    rdatas: set.rdatas.map(rdata => mapRdataNames(rdata, name => outwardName(name, view))),
  }
}

function outwardName(name: Name, { apex, outerApex }: View): Name {
  if (apex.equals(outerApex) || !name.isAtOrBelow(apex)) return name
  try {
    return name.rebase(apex, outerApex)
  } catch (error) {
    // Over 255 octets below the cut: shown as the zone itself has it.
    if (error instanceof InvalidNameError) return name
    throw error
  }
}
