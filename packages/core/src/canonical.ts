import { Name, type Rdata, mapRdataNames, rdataOctets } from '@signpost/dns'
import { compareOctets } from './octets.ts'

/** The same name with its letters in lower case (RFC 4034, section 6.2). */
export function foldName(name: Name): Name {
  return Name.fromTrustedWire(Uint8Array.from(name.key, char => char.charCodeAt(0)))
}

/**
 * A text that orders names canonically (RFC 4034, section 6.1): by labels from the right, a missing label or octet
 * first. Each octet is a character above 0, which is left to separate labels.
 */
export function nameOrder(name: Name): string {
  return foldName(name)
    .labels.toReversed()
    .map(label => String.fromCharCode(...Array.from(label, octet => octet + 1)))
    .join('\0')
}

/** One rdata with what it takes to order it and to tell whether it is a duplicate. */
interface Keyed {
  readonly rdata: Rdata
  /** Names in lower case. */
  readonly folded: Uint8Array
  readonly exact: Uint8Array
}

/**
 * The rdatas of one set in canonical order (RFC 4034, section 6.3), each once. Two that differ in the case of names
 * only are one; which spelling stays does not depend on the order in which they came.
 */
export function canonicalRdatas(type: number, rdatas: readonly Rdata[]): Rdata[] {
  const keyed: Keyed[] = rdatas.map(rdata => ({
    rdata,
    folded: rdataOctets(type, mapRdataNames(rdata, foldName)),
    exact: rdataOctets(type, rdata),
  }))
  keyed.sort((a, b) => compareOctets(a.folded, b.folded) || compareOctets(a.exact, b.exact))
  return keyed
    .filter(({ folded }, at) => at === 0 || compareOctets(folded, (keyed[at - 1] as Keyed).folded) !== 0)
    .map(({ rdata }) => rdata)
}
