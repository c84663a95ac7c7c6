import { toASCII, toUnicode } from 'tr46'
import { InvalidNameError } from './errors.ts'
import { Name, parseName } from './name.ts'

// UTS 46, non-transitional, as browsers do it. Hyphens are not checked: "k51--x" is a label like any other.
const OPTIONS = {
  checkBidi: true,
  checkJoiners: true,
  checkHyphens: false,
  useSTD3ASCIIRules: false,
} as const

/**
 * Reads a name as a person types it: labels may be in Unicode and become their `xn--` form (UTS 46,
 * RFC 5890). ASCII text is read as {@link parseName} reads it, escapes included.
 * @throws InvalidNameError where a label is no valid IDNA label, or the name is too long.
 */
export function parseUnicodeName(text: string, origin: Name = Name.root): Name {
  if (isAscii(text)) return parseName(text, origin)
  if (text.includes('\\'))
    throw new InvalidNameError(
      `the name ${JSON.stringify(text)} mixes escapes with characters that are not ASCII; write its xn-- form`,
      text,
    )
  const ascii = toASCII(text, OPTIONS)
  if (ascii === null || ascii === '')
    throw new InvalidNameError(`the name ${JSON.stringify(text)} is no valid internationalized name`, text)
  return parseName(ascii, origin)
}

/**
 * Prints a name for people: `xn--` labels in Unicode where that reads back to the same name, else as they are.
 * Look-alike letters are not told apart, so never show this form alone where trust depends on it.
 */
export function printUnicodeName(name: Name): string {
  const ascii = name.toString()
  // Escapes and Unicode do not mix: parseUnicodeName could not read them back.
  if (ascii.includes('\\') || !/(?:^|\.)xn--/i.test(ascii)) return ascii
  const labels = ascii.split('.').map(label => {
    if (!/^xn--/i.test(label)) return label
    const { domain, error } = toUnicode(label, OPTIONS)
    return !error && toASCII(domain, OPTIONS) === label.toLowerCase() ? domain : label
  })
  return labels.join('.')
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}
