/**
 * Reads the types that an NSEC or NSEC3 record says are there (RFC 4034, section 4.1.2), from `at` to the end.
 * Undefined where the octets are no bitmap: windows out of order, an empty or overlong one, or one that is cut off.
 */
export function readTypes(octets: Uint8Array, at: number): ReadonlySet<number> | undefined {
  const types = new Set<number>()
  let lastWindow = -1
  let offset = at
  while (offset < octets.length) {
    const window = octets[offset] ?? 0
    const length = octets[offset + 1] ?? 0
    const start = offset + 2
    offset = start + length
    if (window <= lastWindow || length === 0 || length > 32 || offset > octets.length) return undefined
    lastWindow = window
    for (let byte = 0; byte < length; byte++)
      for (let bit = 0; bit < 8; bit++)
        if (((octets[start + byte] ?? 0) & (0x80 >>> bit)) !== 0) types.add(window * 256 + byte * 8 + bit)
  }
  return types
}
