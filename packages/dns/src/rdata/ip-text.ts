/** Reads a dotted quad: four numbers from 0 to 255, no leading zeros. Undefined where it is none. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.length > 15 ? [] : text.split('.')
  if (parts.length !== 4) return undefined
  const octets = new Uint8Array(4)
  for (const [at, part] of parts.entries()) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    octets[at] = Number(part)
  }
  return octets
}

export function printIpv4(octets: Uint8Array): string {
  return octets.join('.')
}

// Eight groups of four, or six of them and a dotted quad.
const LONGEST_IPV6 = 45

/** Reads any form of RFC 4291, section 2.2, without a zone index. Undefined where it is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > LONGEST_IPV6) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves
  const left = groupsOf(head ?? '', tail === undefined)
  const right = groupsOf(tail ?? '', true)
  if (left === undefined || right === undefined) return undefined
  const missing = 16 - left.length - right.length
  // "::" stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  const octets = new Uint8Array(16)
  octets.set(left, 0)
  octets.set(right, 16 - right.length)
  return octets
}

/** @param last whether the groups end the address, where a dotted quad may stand. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  const octets: number[] = []
  if (text === '') return octets
  const groups = text.split(':')
  for (const [at, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      octets.push(value >>> 8, value & 0xff)
    } else {
      const quad = last && at === groups.length - 1 ? parseIpv4(group) : undefined
      if (quad === undefined) return undefined
      octets.push(...quad)
    }
  }
  return octets
}

/** The canonical text of RFC 5952; addresses in ::ffff:0:0/96 end in a dotted quad (section 5). */
export function printIpv6(octets: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((octets[2 * at] ?? 0) << 8) | (octets[2 * at + 1] ?? 0),
  )
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return `::ffff:${printIpv4(octets.subarray(12))}`
  const [start, length] = longestZeroRun(groups)
  const hex = groups.map(group => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  let run = 0
  for (const [at, group] of groups.entries()) {
    run = group === 0 ? run + 1 : 0
    if (run > best[1]) best = [at - run + 1, run]
  }
  return best
}
