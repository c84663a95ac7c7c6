import { Name } from '@signpost/dns'

/** Octets of randomness that decide over the letters of any name. */
export const CASE_OCTETS = 32

const LETTER = 0x20

/**
 * The same name with each letter large or small at random (draft-vixie-dnsext-dns0x20): a reply that has the same
 * letters was made by somebody who saw the question.
 * @param random {@link CASE_OCTETS} octets.
 */
export function mixCase(name: Name, random: Uint8Array): Name {
  const wire = Uint8Array.from(name.wire)
  for (let at = 0; at < wire.length; at++)
    if (isLetter(wire[at] as number) && (((random[at >>> 3] as number) >>> (at & 7)) & 1) === 1)
      wire[at] = (wire[at] as number) ^ LETTER
  return Name.fromTrustedWire(wire)
}

/** How octets of a message compare with a name. */
export function compareLetters(octets: Uint8Array, name: Name): 'same' | 'other letters' | 'other name' {
  const { wire } = name
  if (octets.length !== wire.length) return 'other name'
  let same = true
  for (let at = 0; at < wire.length; at++) {
    const [some, other] = [octets[at] as number, wire[at] as number]
    if (some === other) continue
    if ((some ^ other) !== LETTER || !isLetter(some)) return 'other name'
    same = false
  }
  return same ? 'same' : 'other letters'
}

// The octets that say how long labels are lie below all letters.
function isLetter(octet: number): boolean {
  const small = octet | LETTER
  return small >= 0x61 && small <= 0x7a
}
