import { UsageError } from '../errors.ts'

/**
 * Items that commas or spaces part, as an environment variable holds several values of a repeatable flag.
 * @throws UsageError for none: whether that means nothing at all or what is usual, nobody can tell.
 */
export function parseList<T>(text: string, parseItem: (item: string) => T): T[] {
  const items = text.split(/[\s,]+/).filter(item => item !== '')
  if (items.length === 0) throw new UsageError('it is empty; write a value, or leave it out')
  return items.map(parseItem)
}
