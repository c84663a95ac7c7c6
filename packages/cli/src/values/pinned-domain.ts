import { UsageError } from '../errors.ts'
import { isPinnedDomain } from '../pins/pin-store.ts'
import { readName } from './zone-name.ts'

/** Reads a domain, in Unicode too, and returns its form in DNS without the final dot. @throws UsageError */
export function parsePinnedDomain(text: string): string {
  const domain = readName(text).toString().toLowerCase().replace(/\.$/, '')
  if (isPinnedDomain(domain)) return domain
  throw new UsageError(`${JSON.stringify(text)} is no domain; write one such as example.com`)
}
