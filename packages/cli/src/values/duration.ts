import { UsageError } from '../errors.ts'

const MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * Reads `30d`, `24h` or `1h30m` as milliseconds. Units are w, d, h, m and s, in any letter case, as in a zone file.
 * @param bareUnit what a number without a unit counts; a unit must be written where it is left out.
 * @throws UsageError
 */
export function parseDuration(text: string, bareUnit?: 's'): number {
  if (bareUnit !== undefined && /^\d+$/.test(text)) return within(Number(text) * unit(bareUnit), text)
  if (!/^(\d+[wdhms])+$/i.test(text))
    throw new UsageError(
      `"${text}" is no duration; write a number with its unit, such as 30d, 24h or 1h30m (w, d, h, m, s)`,
    )
  let total = 0
  for (const [, count, letter] of text.matchAll(/(\d+)([wdhms])/gi))
    total += Number(count) * unit(letter as string)
  return within(total, text)
}

/** The longest units first, at most two of them: `29d 23h`, `4m 30s`, `0s`. */
export function printDuration(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds / 1000)) * 1000
  const parts: string[] = []
  for (const letter of ['d', 'h', 'm', 's']) {
    const count = Math.floor(rest / unit(letter))
    if (count > 0) parts.push(`${count}${letter}`)
    rest -= count * unit(letter)
  }
  return parts.slice(0, 2).join(' ') || '0s'
}

function unit(letter: string): number {
  return MILLISECONDS[letter.toLowerCase()] as number
}

function within(milliseconds: number, text: string): number {
  if (!Number.isSafeInteger(milliseconds)) throw new UsageError(`"${text}" is longer than a duration can be`)
  return milliseconds
}
