/** `12.3 s`, `1 min 5 s`, or a dash for none. */
export function printSeconds(milliseconds: number): string {
  if (milliseconds === 0) return '–'
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** `1:05`, minutes and seconds into the drill. */
export function printClock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `97.3 %`; never 100 % or 0 % where that is not quite so. */
export function printShare(part: number, whole: number): string {
  if (whole === 0) return '–'
  if (part === 0 || part === whole) return `${part === 0 ? 0 : 100} %`
  return `${Math.min(99.9, Math.max(0.1, (part / whole) * 100)).toFixed(1)} %`
}
