import { SignpostError } from '@signpost/dns'

/** An option that cannot be honoured. Nothing was started. */
export class InvalidConfigError extends SignpostError {
  readonly code = 'INVALID_CONFIG'
  /** Which option, as a path: `bootstrap[1]`. */
  readonly option: string

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`${option}: ${problem}`, options)
    this.option = option
  }
}

/** Another program listens where this node should. */
export class AddressInUseError extends SignpostError {
  readonly code = 'ADDRESS_IN_USE'
  /** Multiaddrs of which at least one is taken. */
  readonly addresses: readonly string[]

  constructor(addresses: readonly string[], options?: ErrorOptions) {
    super(
      `another program already listens on ${addresses.join(' or ')}; ` +
        'stop it, or choose another port (port 0 takes any free one)',
      options,
    )
    this.addresses = addresses
  }
}

/** The machine does not let this node listen there: no such address, or no permission. */
export class AddressUnavailableError extends SignpostError {
  readonly code = 'ADDRESS_UNAVAILABLE'
  readonly addresses: readonly string[]

  constructor(addresses: readonly string[], why: string, options?: ErrorOptions) {
    super(
      `cannot listen on ${addresses.join(' or ')}: ${why}; ` +
        'use an address of this machine, and a port above 1023 unless you run as root',
      options,
    )
    this.addresses = addresses
  }
}
