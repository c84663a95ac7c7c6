import { SignpostError } from '@signpost/dns'

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
