const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const valueOf: ReadonlyMap<string, number> = new Map([...ALPHABET].map((char, value) => [char, value]))

/**
 * Reads base 64 with its padding and no white space (RFC 4648, section 4). Undefined where it is none, or where
 * bits behind the last octet are not zero: one value has one text.
 */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const octets = new Uint8Array((text.length / 4) * 3 - padding)
  const length = text.length - padding
  let bits = 0
  let count = 0
  let at = 0
  for (let index = 0; index < length; index++) {
    const value = valueOf.get(text.charAt(index))
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xffff
    count += 6
    if (count >= 8) {
      count -= 8
      octets[at++] = (bits >>> count) & 0xff
    }
  }
  return (bits & ((1 << count) - 1)) === 0 ? octets : undefined
}

export function printBase64(octets: Uint8Array): string {
  let text = ''
  for (let at = 0; at < octets.length; at += 3) {
    const left = octets.length - at
    const bits = ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0)
    text += ALPHABET.charAt(bits >>> 18) + ALPHABET.charAt((bits >>> 12) & 0x3f)
    text += left > 1 ? ALPHABET.charAt((bits >>> 6) & 0x3f) : '='
    text += left > 2 ? ALPHABET.charAt(bits & 0x3f) : '='
  }
  return text
}
