import { parseName } from '@signpost/dns'
import { UsageError } from '../errors.ts'

/** Reads a suffix for zone IDs, `signpost.internal`; lower case, without the final dot. @throws UsageError */
export function parseSuffix(text: string): string {
  try {
    const name = parseName(text)
    if (!name.isRoot) return name.toString().toLowerCase().slice(0, -1)
  } catch (cause) {
    throw new UsageError(`"${text}" is no suffix: ${(cause as Error).message}`, { cause })
  }
  throw new UsageError(`"${text}" is no suffix; write a name such as signpost.internal`)
}
