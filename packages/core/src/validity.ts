/** The first and the last moment at which a record may be signed to expire, in milliseconds since the epoch. */
export const MIN_EXPIRY = 0
/** 5169-12-31T23:59:59.999Z: js-ipns (timestamp-nano 1.0.1) takes 3200 years off the next moment: expired in 1970. */
export const MAX_EXPIRY = 100_982_246_399_999

const DAY = 86_400_000

/**
 * Prints a moment as RFC 3339 in UTC, always with three digits of a second's fraction, so that the same moment
 * gives the same octets.
 * @throws RangeError for a moment that is no whole number from {@link MIN_EXPIRY} to {@link MAX_EXPIRY}.
 */
export function printValidity(expiresAt: number): string {
  if (!Number.isInteger(expiresAt) || expiresAt < MIN_EXPIRY || expiresAt > MAX_EXPIRY)
    throw new RangeError(
      `a record cannot expire at ${expiresAt}; give whole milliseconds since the epoch, up to the year 5169`,
    )
  const day = Math.floor(expiresAt / DAY)
  const time = expiresAt - day * DAY
  const [year, month, date] = civilFromDays(day)
  const clock = [Math.floor(time / 3_600_000), Math.floor(time / 60_000) % 60, Math.floor(time / 1000) % 60]
  return (
    `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}` +
    `T${clock.map(part => pad(part, 2)).join(':')}.${pad(time % 1000, 3)}Z`
  )
}

/**
 * Reads RFC 3339 in UTC (`2030-01-31T12:00:00Z`, up to nine digits of a fraction, as kubo signs it) from 1970 to
 * 9999. Returns milliseconds since the epoch, rounded down; undefined for any other text.
 */
export function parseValidity(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)
  if (match === null) return undefined
  const [year, month, date, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (year < 1970 || month < 1 || month > 12 || date < 1 || date > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return daysFromCivil(year, month, date) * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
}

/** A text that orders validities as their moments are ordered, to the nanosecond. */
export function validityOrder(text: string): string {
  return text.slice(0, 19) + text.slice(20, -1).padEnd(9, '0')
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

// Days since 1970-01-01 in the Gregorian calendar. Years begin in March, so that a leap day comes last.
function daysFromCivil(year: number, month: number, date: number): number {
  const y = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + date - 1
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}

function civilFromDays(days: number): [year: number, month: number, date: number] {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date]
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
