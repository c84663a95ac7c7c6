import { type Name, type ResourceRecord, RrClass, RrType, isMetaType } from '@signpost/dns'

/** Why a record of the ordinary zone is not in the signed one. */
export type LeftOutReason =
  | 'outside'
  | 'class'
  | 'soa'
  | 'dnssec'
  | 'pin'
  | 'witness'
  | 'obsolete'
  | 'handed-over'
  | 'occluded'
  | 'glue'
  | 'too-long'

/** For people. */
export const WHY_LEFT_OUT: Readonly<Record<LeftOutReason, string>> = {
  outside: 'they are not of this domain',
  class: 'they are not of class IN',
  soa: "the signed record's sequence takes the place of the SOA and its serial",
  dnssec: "the zone is signed with its own key, so the domain's DNSSEC has nothing to prove in it",
  pin: 'a pin in the zone that it pins says nothing, and one of another zone would hand the domain over to it',
  witness: 'names below _witness would be taken for what this key says about the names of others',
  obsolete: 'nobody uses these types any more, and the names in them cannot be moved',
  'handed-over': 'their label is handed to another key',
  occluded: 'nobody would be given them: they lie at or below a delegation or a DNAME',
  glue: 'they are addresses below a delegation that none of its name servers has',
  'too-long': 'their names would be longer than 255 octets below a zone ID',
}

/** The label of pins, and that under which zones say what they know of the names of others. */
export const PIN_LABEL = '_signpost'
const WITNESS_LABEL = '_witness'

/**
 * RRSIG, NSEC, NSEC3, NSEC3PARAM, DNSKEY, CDS, CDNSKEY, CSYNC, ZONEMD, and SIG, KEY and NXT, which they replaced; BIND's own
 * notes about signing (65534), which it gives to whoever transfers the zone.
 */
const DNSSEC_TYPES: ReadonlySet<number> = new Set([
  RrType.RRSIG,
  RrType.NSEC,
  RrType.DNSKEY,
  RrType.CDS,
  RrType.CDNSKEY,
  24,
  25,
  30,
  50,
  51,
  62,
  63,
  65_534,
])

/** MD, MF, MB, MG, MR, MINFO, RT, PX and KX: types with names in them that are not read here. */
const OBSOLETE_TYPES: ReadonlySet<number> = new Set([3, 4, 7, 8, 9, 14, 21, 26, 36])

/** Why a record, looked at by itself, is left out; undefined where it has a place in the signed zone. */
export function reasonToLeaveOut(
  { name, type, class: rrClass }: ResourceRecord,
  domain: Name,
): LeftOutReason | undefined {
  if (!name.isAtOrBelow(domain)) return 'outside'
  if (rrClass !== RrClass.IN) return 'class'
  if (type === RrType.SOA) return 'soa'
  if (DNSSEC_TYPES.has(type) || (type === RrType.DS && name.equals(domain))) return 'dnssec'
  if (OBSOLETE_TYPES.has(type) || isMetaType(type)) return 'obsolete'
  const label = topLabel(name, domain)
  if (label === PIN_LABEL) return 'pin'
  return label === WITNESS_LABEL ? 'witness' : undefined
}

/** The label directly below the domain, in lower case; undefined for the domain itself. */
export function topLabel(name: Name, domain: Name): string | undefined {
  const depth = name.labelCount - domain.labelCount
  const label = depth > 0 ? name.labels[depth - 1] : undefined
  return label && Buffer.from(label).toString('latin1').toLowerCase()
}
