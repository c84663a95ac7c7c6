import { printQuoted } from './strings.ts'

const COMMA = 0x2c
const BACKSLASH = 0x5c

/**
 * Splits a comma-separated list (RFC 9460, appendix A.1). Its own escapes, `\,` and `\\`, are a second layer below
 * those of the zone file, which are resolved before. An empty list has one empty item.
 */
export function parseValueList(octets: Uint8Array): Uint8Array[] {
  const items: number[][] = [[]]
  for (let at = 0; at < octets.length; at++) {
    const value = octets[at] ?? 0
    if (value === COMMA) items.push([])
    else if (value === BACKSLASH && at + 1 < octets.length) items.at(-1)?.push(octets[++at] ?? 0)
    else items.at(-1)?.push(value)
  }
  return items.map(item => Uint8Array.from(item))
}

/** The list as {@link parseValueList} reads it; the zone file's own escapes are still to be put around it. */
export function printValueList(items: readonly Uint8Array[]): Uint8Array {
  const octets: number[] = []
  for (const [index, item] of items.entries()) {
    if (index > 0) octets.push(COMMA)
    for (const value of item) {
      if (value === COMMA || value === BACKSLASH) octets.push(BACKSLASH)
      octets.push(value)
    }
  }
  return Uint8Array.from(octets)
}

/** A value as it stands behind `=`: bare where no character in it needs quotes. */
export function printParamText(octets: Uint8Array): string {
  const quoted = printQuoted(octets)
  return /^"[^\s"\\();]+"$/.test(quoted) ? quoted.slice(1, -1) : quoted
}
