// TextEncoder and TextDecoder belong to the platform; the language's own URI functions are strict UTF-8 codecs.

/** undefined where the text has a lone surrogate. */
export function encodeUtf8(text: string): Uint8Array | undefined {
  if (!text.isWellFormed()) return undefined
  const octets = encodeURIComponent(text).replace(/%(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Uint8Array.from(octets, char => char.charCodeAt(0))
}

/** undefined where the octets are not UTF-8. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return decodeURIComponent(Array.from(octets, octet => `%${octet.toString(16).padStart(2, '0')}`).join(''))
  } catch {
    return undefined
  }
}
