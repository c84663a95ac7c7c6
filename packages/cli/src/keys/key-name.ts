import { UsageError } from '../errors.ts'

/** The most that a key's name can have, so that it is a file name everywhere. */
export const MAX_KEY_NAME_LENGTH = 64

/** Letters, digits, "-" and "_", a letter or digit first: never a path, never hidden, the same on every system. */
export function isKeyName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/i.test(text) && text.length <= MAX_KEY_NAME_LENGTH
}

/** @throws UsageError */
export function checkKeyName(text: string): string {
  if (isKeyName(text)) return text
  throw new UsageError(
    `${JSON.stringify(text)} is no name for a key; use 1 to ${MAX_KEY_NAME_LENGTH} letters, digits, "-" and "_", a letter or digit first`,
  )
}
