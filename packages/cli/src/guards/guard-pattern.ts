/**
 * Which ordinary names are guarded: `example.com`, or `*.example.com` for all below it. In lower case, without the final
 * dot, of the letters that names in use have: never a path, the same everywhere.
 */
export function isGuardPattern(text: string): boolean {
  return text === '*' || (PATTERN.test(text) && text.length <= MOST)
}

/** Characters of a name's text (RFC 1035, section 2.3.4). */
const MOST = 253
const PATTERN =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
