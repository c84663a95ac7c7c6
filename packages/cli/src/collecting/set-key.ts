import type { RrSet } from '@signpost/dns'

/** What an RRset is known by in maps: two are alike exactly where owner name and type are. */
export function setKey({ name, type }: Pick<RrSet, 'name' | 'type'>): string {
  return `${type} ${name.key}`
}
