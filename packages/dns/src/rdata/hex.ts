/** Reads an even number of hexadecimal digits in either case. Undefined where the text is anything else. */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined
  const octets = new Uint8Array(text.length / 2)
  for (let at = 0; at < octets.length; at++) octets[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  return octets
}

export function printHex(octets: Uint8Array): string {
  let text = ''
  for (const value of octets) text += value < 16 ? `0${value.toString(16)}` : value.toString(16)
  return text
}
