import { SignpostError } from './errors.ts'

/** The value of an option that is not set, and the bounds within which it may be set. */
export interface Limit {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** An option that cannot be honoured. Nothing was started. */
export class InvalidConfigError extends SignpostError {
  readonly code = 'INVALID_CONFIG'
  /** Which option, as a path: `bootstrap[1]`. */
  readonly option: string

  /** @param problem what is wrong with it and what to do, as it reads behind the option's path. */
  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`${option}: ${problem}`, options)
    this.option = option
  }
}

/** An option that may well be honoured later: what it names is not there now. Nothing was started. */
export class NotThereYetError extends SignpostError {
  readonly code = 'NOT_THERE_YET'
  /** Which option, as a path. */
  readonly option: string

  /** @param problem what is missing and what to do, as it reads behind the option's path. */
  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`${option}: ${problem}`, options)
    this.option = option
  }
}

/** Another program listens where this one should. */
export class AddressInUseError extends SignpostError {
  readonly code = 'ADDRESS_IN_USE'
  /** Addresses of which at least one is taken. */
  readonly addresses: readonly string[]

  constructor(addresses: readonly string[], advice: string, options?: ErrorOptions) {
    super(`another program already listens on ${addresses.join(' or ')}; stop it, or ${advice}`, options)
    this.addresses = addresses
  }
}

/**
 * The value of an option, its default where it is not set.
 * @throws InvalidConfigError for a value out of bounds.
 */
export function checkLimit(option: string, value: number | undefined, limit: Limit): number {
  return within(option, value, limit, 'a number')
}

/** As {@link checkLimit}, for what can only be counted. */
export function checkCount(option: string, value: number | undefined, limit: Limit): number {
  const fits = value === undefined || Number.isInteger(value)
  return within(option, fits ? value : Number.NaN, limit, 'a whole number', value)
}

function within(
  option: string,
  value: number | undefined,
  { default: unset, min, max }: Limit,
  what: string,
  given: unknown = value,
): number {
  if (value === undefined) return unset
  // Not `value < min || value > max`, which lets NaN through.
  if (!(value >= min && value <= max))
    throw new InvalidConfigError(option, `it is ${String(given)}; give ${what} from ${min} to ${max}`)
  return value
}
