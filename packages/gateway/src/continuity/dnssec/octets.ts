import { MAX_LABEL_LENGTH, MAX_NAME_LENGTH, Name } from '@signpost/dns'

/** The uncompressed name that starts at `at`, as RRSIG and NSEC have it; undefined where there is none (RFC 4034, 3.1.7). */
export function readName(octets: Uint8Array, at: number): Name | undefined {
  let end = at
  for (;;) {
    const length = octets[end]
    if (length === undefined || length > MAX_LABEL_LENGTH) return undefined
    end += length + 1
    if (end > octets.length || end - at > MAX_NAME_LENGTH) return undefined
    if (length === 0) return Name.fromTrustedWire(octets.slice(at, end))
  }
}

export function readU16(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)
}

export function readU32(octets: Uint8Array, at: number): number {
  return readU16(octets, at) * 0x10000 + readU16(octets, at + 2)
}

/** The name's octets in canonical form (RFC 4034, section 6.2). */
export function canonicalName(name: Name): Uint8Array {
  return Buffer.from(name.key, 'latin1')
}

/** The name's last `count` labels. */
export function lastLabels(name: Name, count: number): Name {
  let ancestor = name
  for (let extra = name.labelCount - count; extra > 0; extra--) ancestor = ancestor.parent
  return ancestor
}
