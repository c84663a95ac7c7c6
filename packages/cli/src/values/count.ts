import { UsageError } from '../errors.ts'

/** Reads a whole number within limits. @throws UsageError */
export function parseCount(text: string, limits: { readonly min: number; readonly max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= limits.min && value <= limits.max))
    throw new UsageError(`"${text}" is no whole number from ${limits.min} to ${limits.max}`)
  return value
}
