const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const DURATION = /^(?:\d{1,10}[smhdw]){1,10}$/i

/**
 * Reads seconds, plain (`5400`) or with units (`1h30m`; w, d, h, m and s in either case), as BIND and the servers
 * after it have them. Undefined where the text is neither. The result may be larger than any field: check it.
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  if (!DURATION.test(text)) return undefined
  let seconds = 0
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
    seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0)
  return seconds
}
