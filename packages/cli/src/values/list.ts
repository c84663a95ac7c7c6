/** Items that commas or spaces part, as an environment variable holds several values of a repeatable flag. */
export function parseList<T>(text: string, parseItem: (item: string) => T): T[] {
  return text
    .split(/[\s,]+/)
    .filter(item => item !== '')
    .map(parseItem)
}
