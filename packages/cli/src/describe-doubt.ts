import type { DoubtReport } from '@signpost/gateway'
import { printDuration } from './values/duration.ts'

/** What ordinary DNS says, as the end of a sentence that begins with the name. */
const SAYINGS: Readonly<Record<DoubtReport['trouble'], string>> = {
  failed: 'ordinary DNS fails',
  'no-name': 'ordinary DNS says no such name',
  'no-data': 'ordinary DNS says no such type',
  bogus: 'ordinary DNS says an address that is not on the internet',
}

/** A line for people. @param now milliseconds since the epoch. */
export function describeDoubt({ name, type, trouble, since, left }: DoubtReport, now: number): string {
  const plain = plainName(name)
  const end =
    left === undefined ? '' : `; believed in ${printDuration(left)}, or with: signpost guard accept ${plain}`
  return `${plain} ${type}: ${SAYINGS[trouble]} for ${printDuration(now - since)}, the last good answer is given${end}`
}

function plainName(name: string): string {
  return name.length > 1 ? name.replace(/\.$/, '') : name
}
