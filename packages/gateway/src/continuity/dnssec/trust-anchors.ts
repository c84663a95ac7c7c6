import { type Ds, InvalidConfigError, Name, SignpostError, parseZoneFile } from '@signpost/dns'
import { isKnownDs } from './zone-keys.ts'

/** A zone whose key is known from elsewhere than DNS (RFC 4033, section 2). */
export interface TrustAnchor {
  readonly zone: Name
  /** One of them at least names a key of the zone. */
  readonly ds: readonly Ds[]
}

/** IANA's root-anchors.xml (RFC 9718): the key of 2017, and the one that follows it from October 2026 on. */
const IANA = `
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
`

/**
 * Reads DS records in zone-file form, names in full, as `dnssec-dsfromkey` and Debian's `dns-root-data` have them.
 * @param option the path of the option that they are from.
 * @throws InvalidConfigError for text that is no zone file, for other records, for algorithms and digests that are not known
 * here, and where there is none at all.
 */
export function parseTrustAnchors(text: string, option: string): readonly TrustAnchor[] {
  const anchors = new Map<string, { zone: Name; ds: Ds[] }>()
  for (const { name, rdata } of recordsIn(text, option)) {
    if (rdata.kind !== 'DS')
      throw new InvalidConfigError(
        option,
        `${name.toString()} has another record than DS; give DS records alone`,
      )
    if (!isKnownDs(rdata))
      throw new InvalidConfigError(
        option,
        `the DS record ${rdata.keyTag} of ${name.toString()} has algorithm ${rdata.algorithm} and digest type ${rdata.digestType}; give one of algorithm 8, 10 or 13 to 16 and digest type 2 or 4`,
      )
    const anchor = anchors.get(name.key) ?? { zone: name, ds: [] }
    anchors.set(name.key, anchor)
    anchor.ds.push(rdata)
  }
  if (anchors.size === 0) throw new InvalidConfigError(option, 'there is no trust anchor; give a DS record')
  return [...anchors.values()]
}

function recordsIn(text: string, option: string): ReturnType<typeof parseZoneFile> {
  try {
    return parseZoneFile(text, { origin: Name.root, defaultTtl: 0 })
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    throw new InvalidConfigError(option, error.message, { cause: error })
  }
}

export const ROOT_TRUST_ANCHORS: readonly TrustAnchor[] = parseTrustAnchors(IANA, 'ROOT_TRUST_ANCHORS')

/** The nearest one at or above a name. */
export function anchorFor(anchors: readonly TrustAnchor[], name: Name): TrustAnchor | undefined {
  let nearest: TrustAnchor | undefined
  for (const anchor of anchors)
    if (name.isAtOrBelow(anchor.zone) && anchor.zone.labelCount >= (nearest?.zone.labelCount ?? 0))
      nearest = anchor
  return nearest
}
