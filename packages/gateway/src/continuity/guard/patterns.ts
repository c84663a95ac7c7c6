import { InvalidConfigError, type Name } from '@signpost/dns'
import { parseDomain } from '../../domain-option.ts'
import { isUnder } from '../../names.ts'

/** Which names are guarded. */
export interface Patterns {
  /** As they were given, each once. */
  readonly texts: readonly string[]
  covers(name: Name): boolean
}

/**
 * Reads `example.com`, which is that name alone, and `*.example.com`, which is all names below it.
 * @param suffixes whose names are in signed zones.
 * @throws InvalidConfigError
 */
export function readPatterns(
  texts: readonly string[],
  option: string,
  suffixes: readonly Name[] = [],
): Patterns {
  const names = new Set<string>()
  const ancestors = new Set<string>()
  for (const [n, text] of texts.entries()) {
    const path = `${option}[${n}]`
    const pattern = parseDomain(text, path)
    const name = pattern.isWildcard ? pattern.parent : pattern
    if (pattern.isRoot) throw new InvalidConfigError(path, 'it is the root; to guard all names give "*"')
    if (isUnder(name, suffixes))
      throw new InvalidConfigError(path, `${text} is in signed zones, which need no guard; leave it out`)
    if (pattern.isWildcard) ancestors.add(name.key)
    else names.add(name.key)
  }
  return {
    texts: [...new Set(texts)],
    covers: name => names.has(name.key) || isBelowAny(name, ancestors),
  }
}

function isBelowAny(name: Name, ancestors: ReadonlySet<string>): boolean {
  if (ancestors.size === 0) return false
  for (let at = name; !at.isRoot; at = at.parent) if (ancestors.has(at.parent.key)) return true
  return false
}
